import Model
import Planning
import Reconciling
import Synchronization

/// Runs one seed: a world, a story of faults, and then calm, in which everything must become as declared.
package struct SeedRun: Sendable {
  package struct Report: Sendable {
    package let seed: UInt64
    /// What was wrong; empty for a good seed.
    package let problems: [String]
    /// Of everything that happened, in order.
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
    let story = Story(world)
    let outcome = Outcome()
    story.begin()
    world.process.spawn {
      await SeedRun.tell(story, outcome)
      outcome.isDone.store(true, ordering: .relaxed)
    }
    let end = world.scheduler.run(mostJobs: 20_000_000) { outcome.isDone.load(ordering: .relaxed) }
    switch end {
    case .finished: break
    case .hang: outcome.add(["everything stands still: nobody runs and nobody sleeps"])
    case .exhausted: outcome.add(["it does not end"])
    }
    let report = Report(
      seed: seed, problems: world.rules.violations + outcome.problems,
      digest: world.trace.digest ^ world.scheduler.digest, lines: world.trace.lines,
      jobs: world.scheduler.jobCount, seconds: world.scheduler.now / 1_000_000)
    for process in story.processes { process.task.withLock { $0 }?.cancel() }
    world.scheduler.unwind()
    return report
  }

  private final class Outcome: Sendable {
    let isDone = Atomic(false)
    private let state = Mutex<[String]>([])
    var problems: [String] { state.withLock { $0 } }
    func add(_ problems: [String]) { state.withLock { $0 += problems } }
  }

  /// The bound on becoming as declared once nothing fails: the longest rest, a resync, and what the steps take.
  private static let patienceSeconds = 3600

  private static func tell(_ story: Story, _ outcome: Outcome) async {
    let world = story.world
    for _ in 0..<world.fate.int(8...24) { await story.act() }
    await story.calm()
    guard await becomeReady(story, outcome) else { return }
    if world.fate.percent(40) {
      await explain(story, outcome)
      guard await becomeReady(story, outcome) else { return }
    }
    // Whatever was still on its way has landed, and was found.
    try? await world.time.sleep(Int64(World.resyncTicks) * 500_000 + 120_000_000)
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    outcome.add(await checks.unready().map { "no longer ready: \($0)" })
    await story.stopAll()
    await story.recover()
    outcome.add(checks.differences())
    do throws(StoreError) {
      let plan = try await story.prepare(world.manifests.withLock { $0 }).1.plan
      // Routine work is due when it is due.
      for resource in plan.resources
      where resource.outcome != .unchanged && !resource.steps.allSatisfy({ $0.action == .maintain }) {
        outcome.add(["the plan after all is \(resource.outcome.rawValue) for \(resource.id)"])
      }
    } catch {
      outcome.add(["planning failed: \(error)"])
    }
    outcome.add(await checks.records())
    outcome.add(await story.exportProblems())
  }

  /// Waits until all is as declared; whether it is.
  private static func becomeReady(_ story: Story, _ outcome: Outcome) async -> Bool {
    let world = story.world
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    var late = await checks.unready()
    for round in 1...(patienceSeconds / 5) where !late.isEmpty {
      try? await world.time.sleep(5_000_000)
      late = await checks.unready()
      if round % 24 == 0, late.contains(where: { $0.contains("Guarded") }) { await story.allow() }
    }
    outcome.add(late.map { "not ready after \(patienceSeconds) s without faults: \($0)" })
    return late.isEmpty
  }

  /// Something is changed while a fault lasts: once all rests, whatever is not ready is explained by that fault.
  private static func explain(_ story: Story, _ outcome: Outcome) async {
    let world = story.world
    let fault = story.beginLasting()
    // A resync is in that time, and for calls that hang their deadline.
    try? await world.time.sleep(fault.effect == .hangs ? 900_000_000 : 200_000_000)
    let checks = Checks(world: world, desired: world.manifests.withLock { $0 })
    outcome.add(await checks.unexplained(by: fault))
    story.end(fault)
  }
}
