import JobModel
import KindTestSupport
import Model
import RandomSupport

/// The worker of one node, which does not keep to the rules: it crashes, stalls, answers twice and answers late, by the dice of
/// its seed.
struct ScriptedWorker: Sendable {
  let node: String
  let desk: any WorkerAPI
  let seed: UInt64
  /// How many attempts it has at once.
  let width: Int

  private enum Act {
    case succeed, succeedTwice, fail, refuse, crash, late
  }

  /// Until it is cancelled. What cannot be told is told again, as a relay does.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await beat() }
      for part in 0..<width {
        group.addTask { await work(SeededRandom(seed: seed &* 1000 &+ UInt64(part))) }
      }
    }
  }

  private func beat() async {
    while !Task.isCancelled {
      _ = try? await desk.heartbeat(WorkerHeartbeat(node: node, images: [ScriptedWorker.image]))
      try? await Task.sleep(for: .seconds(1))
    }
  }

  static let image = String(repeating: "ab", count: 32)

  private func work(_ generator: SeededRandom) async {
    var dice = generator
    while !Task.isCancelled {
      guard let orders = try? await desk.work(for: node, limit: 2, timeout: .seconds(1)) else {
        try? await Task.sleep(for: .milliseconds(50))
        continue
      }
      // Several tasks see the same orders: each takes another.
      guard let order = orders.isEmpty ? nil : orders[Int(dice.int(UInt64(orders.count)))] else { continue }
      await act(order, &dice)
    }
  }

  private func act(_ order: WorkOrder, _ dice: inout SeededRandom) async {
    guard await tell(order, .accept) else { return }
    switch choose(&dice) {
    case .crash: return
    case .late:
      try? await Task.sleep(for: .milliseconds(1200 + Int(dice.int(800))))
      await tell(order, succeeded)
    case .succeedTwice:
      await tell(order, succeeded)
      await tell(order, succeeded)
    case .fail: await tell(order, .fail(reason: "broke", WorkUsage(cpu: 3), isFinal: false))
    case .refuse: await tell(order, .fail(reason: "refused", WorkUsage(cpu: 1), isFinal: true))
    case .succeed:
      if dice.int(4) == 0 { await tell(order, .progress(units: 0, WorkUsage(cpu: 1), note: "half")) }
      await tell(order, succeeded)
    }
  }

  private var succeeded: WorkReport.Event {
    .succeed(units: 1, WorkUsage(cpu: 5), output: .string("done"), artefacts: [])
  }

  private func choose(_ dice: inout SeededRandom) -> Act {
    switch dice.int(1000) {
    case 0..<10: .crash
    case 10..<20: .late
    case 20..<70: .succeedTwice
    case 70..<90: .fail
    case 90..<95: .refuse
    default: .succeed
    }
  }

  /// False: it is not to be told any more.
  @discardableResult
  private func tell(_ order: WorkOrder, _ event: WorkReport.Event) async -> Bool {
    while !Task.isCancelled {
      do throws(JobError) {
        _ = try await desk.report(WorkReport(order.attempt, event), from: node)
        return true
      } catch {
        guard error.code == .unavailable else { return false }
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
    return false
  }
}
