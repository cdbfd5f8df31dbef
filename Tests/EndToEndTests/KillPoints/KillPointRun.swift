import FoundationEssentials
import Glibc
import Model
import RandomSupport
import Synchronization
import Testing

/// Which kill points run: all with `RENDERTRUST_KILL_POINTS=all`, otherwise one of each change, chosen by
/// a seed that is printed.
struct KillPointSelection: CustomStringConvertible {
  let isAll: Bool
  let seed: UInt64
  /// The number of kills of each change.
  let rounds: Int
  /// The only scenario to run; nil for all.
  let only: String?

  var isComplete: Bool { only == nil }
  var description: String {
    isAll ? "all" : "\(rounds) of each change, RENDERTRUST_KILL_POINTS_SEED=\(seed)"
  }

  func includes(_ scenario: KillPointScenario) -> Bool { only == nil || only == scenario.name }

  static var current: KillPointSelection {
    func variable(_ name: String) -> String? {
      getenv("RENDERTRUST_KILL_POINTS\(name)").map { String(cString: $0) }
    }
    return KillPointSelection(
      isAll: variable("") == "all",
      seed: variable("_SEED").flatMap { UInt64($0) } ?? .random(in: 0...999_999),
      rounds: variable("_ROUNDS").flatMap { Int($0) } ?? 1, only: variable("_ONLY"))
  }
}

/// The results by operation.
final class KillPointTable: Sendable {
  private struct State {
    var points: [KillPointOperation: (steps: Set<String>, points: Int, converged: Int)] = [:]
    var failures: [String] = []
  }

  private let state = Mutex(State())

  var failures: [String] { state.withLock { $0.failures } }
  /// The operations of all steps that ran.
  var operations: Set<KillPointOperation> { state.withLock { Set($0.points.keys) } }

  func add(step: String, _ operation: KillPointOperation) {
    state.withLock { _ = $0.points[operation, default: ([], 0, 0)].steps.insert(step) }
  }

  /// - Parameter failure: Nil where the environment converged.
  func add(_ operation: KillPointOperation, failure: String?) {
    state.withLock { state in
      state.points[operation, default: ([], 0, 0)].points += 1
      if let failure {
        state.failures.append(failure)
      } else {
        state.points[operation, default: ([], 0, 0)].converged += 1
      }
    }
  }

  var text: String {
    state.withLock { state in
      func row(_ cells: [String]) -> String {
        zip(cells, [14, 20, 7, 8, 0]).map { cell, width in
          cell + String(repeating: " ", count: max(0, width - cell.count))
        }.joined()
      }
      var lines = [row(["kind", "operation", "steps", "points", "converged"])]
      for (operation, counts) in state.points.sorted(by: { $0.key < $1.key }) {
        lines.append(
          row([
            operation.kind, operation.name, "\(counts.steps.count)", "\(counts.points)",
            "\(counts.converged)",
          ]))
      }
      let steps = state.points.values.reduce(0) { $0 + $1.steps.count }
      let points = state.points.values.reduce(0) { $0 + $1.points }
      let converged = state.points.values.reduce(0) { $0 + $1.converged }
      let result = points == converged ? "all converged" : "\(points - converged) NOT converged"
      lines.append("kill points: \(steps) steps × \(points) points, \(result)")
      return lines.joined(separator: "\n")
    }
  }
}

/// Runs the kill points of a scenario: goes around its cycle of states, once without a kill and then with one
/// kill in each change, until every selected point was used.
struct KillPointRun {
  let scenario: KillPointScenario
  let world: KillPointWorld
  let selection: KillPointSelection
  let table: KillPointTable

  private struct Failure: Error, CustomStringConvertible { let description: String }

  func run() async throws {
    let desired = try scenario.desired(in: world.installation)
    try await settle(desired[0])
    try await world.storeToken()
    let clock = ContinuousClock()
    let start = clock.now
    // The first time around may leave more than was there before, such as exported days, which stay.
    var (_, expected) = try await observe(desired)
    var (steps, again) = try await observe(desired)
    if expected != again {
      expected = again
      (steps, again) = try await observe(desired)
    }
    for index in desired.indices where expected[index] != again[index] {
      throw Failure(
        description: "state \(index) differs without a kill: \(difference(expected[index], again[index]))")
    }
    let points = steps.enumerated().map { self.points(of: $0.element, change: $0.offset) }
    print("\(scenario.name): \(points.map(\.count)) points, observed in \(clock.now - start)")
    for round in 0..<(points.map(\.count).max() ?? 0) {
      for index in changes {
        try await scenario.states[index].disturb(world)
        guard round < points[index].count else {
          try await settle(desired[index])
          continue
        }
        let target = points[index][round]
        let begun = clock.now
        let failure = try await kill(at: target, desired[index], expected[index])
        print(
          "\(scenario.name) → \(index), \(target.text): \(failure ?? "converged") in \(clock.now - begun)")
        table.add(
          target.step.operation, failure: failure.map { "\(scenario.name) → \(index), \(target.text): \($0)" }
        )
        if failure != nil { return }
      }
    }
  }

  /// The indices of the states in the order of their changes.
  private var changes: [Int] { Array(scenario.states.indices.dropFirst()) + [0] }

  /// Goes around once: the calls of each change, and the contents of each state.
  private func observe(_ desired: [DesiredState]) async throws -> (
    steps: [[KillSwitch.StepCalls]], [[String]]
  ) {
    var steps: [[KillSwitch.StepCalls]] = Array(repeating: [], count: desired.count)
    var contents: [[String]] = Array(repeating: [], count: desired.count)
    for index in changes {
      try await scenario.states[index].disturb(world)
      let counter = KillSwitch()
      try await settle(desired[index], counter)
      steps[index] = counter.steps
      contents[index] = try await world.contents()
      for entry in counter.steps {
        table.add(step: "\(scenario.name) \(index) \(entry.step)", entry.step.operation)
      }
    }
    return (steps, contents)
  }

  private func settle(_ desired: DesiredState, _ killSwitch: KillSwitch = KillSwitch()) async throws {
    let end = await KillPointController(installation: world.installation, killSwitch: killSwitch).run(desired)
    guard end == .converged else { throw Failure(description: "not converged without a kill: \(end)") }
  }

  /// Applies a change with a kill and lets another controller continue. Returns what is wrong then.
  private func kill(
    at target: KillSwitch.Target, _ desired: DesiredState, _ expected: [String]
  ) async throws -> String? {
    let killSwitch = KillSwitch(target) { [world] in world.kill($0) }
    let end = await KillPointController(installation: world.installation, killSwitch: killSwitch).run(desired)
    guard killSwitch.isReached else {
      return "the point was not reached: \(end), \(killSwitch.steps.map { "\($0.step) \($0.calls)" })"
    }
    let next = await KillPointController(installation: world.installation, killSwitch: KillSwitch()).run(
      desired)
    guard next == .converged else { return "\(next)" }
    let found = try await world.contents()
    return found == expected ? nil : "the world differs: \(difference(expected, found))"
  }

  private func difference(_ expected: [String], _ found: [String]) -> String {
    let missing = Set(expected).subtracting(found).sorted().map { "missing \($0)" }
    let added = Set(found).subtracting(expected).sorted().map { "left over \($0)" }
    return (missing + added).joined(separator: "; ")
  }

  /// The points of a change: before the first call of each step, after each call, and before the outcome of
  /// the last one is recorded. The selected ones in random order.
  private func points(of steps: [KillSwitch.StepCalls], change: Int) -> [KillSwitch.Target] {
    var points = steps.flatMap { entry in
      (0...entry.calls).flatMap { calls in
        [.controller, entry.step.operation.drivenSystem].map { victim in
          KillSwitch.Target(
            step: entry.step, calls: calls, isLast: calls == entry.calls, victim: victim)
        }
      }
    }
    var random = SeededRandom(seed: selection.seed &+ UInt64(change))
    points.shuffle(using: &random)
    // Equal steps of one change, such as migrations, share their points.
    var seen: Set<KillSwitch.Target> = []
    points = points.filter { seen.insert($0.ofAnyStep).inserted }
    return selection.isAll ? points : Array(points.prefix(selection.rounds))
  }
}

extension KillSwitch.Target {
  /// The same point of the first step of the operation.
  fileprivate var ofAnyStep: KillSwitch.Target {
    let step = KillSwitch.StepName(
      resource: ResourceID(kind: step.resource.kind, name: ""), operation: step.operation, occurrence: 1)
    return KillSwitch.Target(step: step, calls: calls, isLast: isLast, victim: victim)
  }

  var text: String {
    "\(step.operation) of \(step.resource) (\(step.occurrence)), \(victim) killed after \(calls) calls"
  }
}
