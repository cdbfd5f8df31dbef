import Model
import Planning
import RandomSupport
import Reconciling
import Synchronization

/// Runs one seed: a world, a scenario of changes and faults, and a phase without faults in which the world
/// must converge.
package struct SeedRun: Sendable {
  package struct Report: Sendable {
    package let seed: UInt64
    /// Empty for a seed that passed.
    package let problems: [String]
    /// A digest of the trace and the scheduler's choices.
    package let digest: UInt64
    package let lines: [String]
    package let jobs: Int
    package let seconds: Int64
  }

  private let seed: UInt64
  private let keepsLines: Bool

  package init(seed: UInt64, keepsLines: Bool = false) {
    self.seed = seed
    self.keepsLines = keepsLines
  }

  /// Blocks the calling thread until the world has ended.
  package func run() -> Report {
    let world = World(seed: seed, keepsLines: keepsLines)
    let scenario = Scenario(world)
    scenario.start()
    return SeedRun.run(seed, world) { await SeedRun.play(scenario, $0) }
  }

  /// Runs a world until `play` returns.
  static func run(
    _ seed: UInt64, _ world: World, _ play: @escaping @Sendable (Outcome) async -> Void
  ) -> Report {
    let outcome = Outcome()
    world.process.spawn {
      await play(outcome)
      outcome.isDone.store(true, ordering: .relaxed)
    }
    let end = world.scheduler.run(maxJobs: 20_000_000) { outcome.isDone.load(ordering: .relaxed) }
    switch end {
    case .finished: break
    case .deadlock: outcome.add(["deadlock: no job is runnable and no timer is pending"])
    case .jobLimitReached: outcome.add(["the limit of jobs was reached"])
    }
    let report = Report(
      seed: seed, problems: world.invariants.violations + outcome.problems,
      digest: world.trace.digest ^ world.scheduler.digest, lines: world.trace.lines,
      jobs: world.scheduler.jobCount, seconds: world.scheduler.now / 1_000_000)
    let processes = world.processes.withLock { $0 }.sorted { $0.key < $1.key }
    for process in processes { process.value.task.withLock { $0 }?.cancel() }
    world.scheduler.unwind()
    return report
  }

  /// The problems that were found so far.
  final class Outcome: Sendable {
    let isDone = Atomic(false)
    private let state = Mutex<[String]>([])
    var problems: [String] { state.withLock { $0 } }
    func add(_ problems: [String]) { state.withLock { $0 += problems } }
  }

  /// The time in which a world must converge without faults: the longest back-off, a resync and the steps
  /// themselves.
  private static let convergenceTimeoutSeconds = 3600

  private static func play(_ scenario: Scenario, _ outcome: Outcome) async {
    let world = scenario.world
    for _ in 0..<world.scenarioRandom.int(8...24) { await scenario.performAction() }
    await scenario.endFaults()
    guard await converges(scenario, outcome) else { return }
    if world.scenarioRandom.percent(40) {
      await checkExplanations(scenario, outcome)
      guard await converges(scenario, outcome) else { return }
    }
    // Waits until late effects have happened and a resync has found them.
    try? await world.time.sleep(Int64(World.resyncTicks) * 500_000 + 120_000_000)
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    outcome.add(await checks.unready().map { "not ready any longer: \($0)" })
    await scenario.stopAll()
    await scenario.recover()
    outcome.add(checks.differences())
    outcome.add(await checks.exchangedLedgers())
    do throws(StoreError) {
      let plan = try await scenario.prepare(world.manifests.withLock { $0 }).1.plan
      // Maintenance may be due at any time.
      for resource in plan.resources
      where resource.outcome != .unchanged && !resource.steps.allSatisfy({ $0.action == .maintain }) {
        outcome.add(["the final plan is \(resource.outcome.rawValue) for \(resource.id)"])
      }
    } catch {
      outcome.add(["planning failed: \(error)"])
    }
    outcome.add(await checks.records())
    outcome.add(await scenario.exportProblems())
  }

  /// Waits until all resources are ready. Returns whether they are.
  private static func converges(_ scenario: Scenario, _ outcome: Outcome) async -> Bool {
    let world = scenario.world
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    var late = await checks.unready()
    for round in 1...(convergenceTimeoutSeconds / 5) where !late.isEmpty {
      try? await world.time.sleep(5_000_000)
      late = await checks.unready()
      guard round % 24 == 0 else { continue }
      let databases = await checks.databasesWithMissingLedgers()
      if !databases.isEmpty, world.scenarioRandom.percent(70) {
        world.restoreBackups(of: databases)
      } else if await checks.isBlockedByGuard() {
        await scenario.applyWithAllowances()
      }
    }
    outcome.add(late.map { "not ready after \(convergenceTimeoutSeconds) s without faults: \($0)" })
    return late.isEmpty
  }

  /// Checks that every resource that is not ready during a lasting fault is explained by that fault.
  private static func checkExplanations(_ scenario: Scenario, _ outcome: Outcome) async {
    let world = scenario.world
    let fault = scenario.beginLastingFault()
    // This time includes a resync and, for hanging calls, their deadline.
    try? await world.time.sleep(fault.effect == .hangs ? 900_000_000 : 200_000_000)
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    outcome.add(await checks.unexplained(by: fault))
    scenario.end(fault)
  }
}
