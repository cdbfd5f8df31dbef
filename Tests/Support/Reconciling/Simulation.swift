internal import KindSupport
package import Model
internal import Planning
package import Reconciling
internal import Synchronization

/// An engine over a fake world, a memory store and a clock that only the test moves.
package struct Simulation: Sendable {
  package struct Log: Sendable {
    package var plans: [Plan] = []
    package var notes: [Event] = []
    /// The last status of each resource.
    package var statuses: [ResourceID: ResourceStatus] = [:]
    /// How often a status of each resource was recorded.
    package var settledCounts: [ResourceID: Int] = [:]
    /// How many inputs the loop has processed.
    package var rounds = 0

    package func settledCount(_ name: String) -> Int { settledCounts[.fake(name)] ?? 0 }
    package func status(_ name: String) -> ResourceStatus? { statuses[.fake(name)] }
    package func noteCount(_ reason: EventReason) -> Int { notes.count { $0.reason == reason } }
  }

  package let world: FakeWorld
  package let store: MemoryStateStore
  package let time: ManualTime
  package let log: Watched<Log>
  package let engine: Engine

  /// - Parameters:
  ///   - store: The store that several simulations share; nil for a store of its own.
  ///   - name: The prefix of the engine's pass names; nil for the store's name.
  ///   - kinds: The names of the kinds, which all behave alike.
  package init(
    world: FakeWorld = FakeWorld(), store: MemoryStateStore? = nil, time: ManualTime = ManualTime(),
    name: String? = nil, kinds: [String] = ["Fake"], ownershipRules: OwnershipRules = OwnershipRules()
  ) {
    let store = store ?? MemoryStateStore(clock: { time.now })
    let log = Watched(Log())
    self.world = world
    self.store = store
    self.time = time
    self.log = log
    engine = Simulation.engine(
      over: store, world: world, time: time.source, name: name ?? store.name, kinds: kinds,
      ownershipRules: ownershipRules
    ) { progress in
      log.change { Simulation.note(progress, in: &$0) }
    }
  }

  /// An engine for the fake kind over any store.
  /// - Parameter name: The prefix of the engine's pass names.
  package static func engine(
    over store: any StateStore, world: FakeWorld, time: ManualTime, name: String, kinds: [String] = ["Fake"],
    progress: @escaping ProgressHandler = { _ in }
  ) -> Engine {
    engine(over: store, world: world, time: time.source, name: name, kinds: kinds, progress: progress)
  }

  package static func engine(
    over store: any StateStore, world: FakeWorld, time: TimeSource, name: String, kinds: [String] = ["Fake"],
    ownershipRules: OwnershipRules = OwnershipRules(), progress: @escaping ProgressHandler = { _ in }
  ) -> Engine {
    let passes = Mutex(0)
    return Engine(
      backends: Dictionary(kinds.map { ($0, AnyBackend(FakeBackend(world))) }) { first, _ in first },
      planner: EnginePlanner(
        Planner(planners: Dictionary(kinds.map { ($0, AnyPlanner(FakePlanner())) }) { first, _ in first })),
      store: store, time: time,
      owner: "test", offers: { _ in Offers() }, ownershipRules: ownershipRules,
      nextPassName: {
        passes.withLock { count in
          count += 1
          return "\(name)-pass-\(count)"
        }
      },
      progress: progress)
  }

  private static func note(_ progress: Progress, in log: inout Log) {
    switch progress {
    case .planned(let plan): log.plans.append(plan)
    case .note(let event): log.notes.append(event)
    case .settled(let statuses):
      for status in statuses {
        log.statuses[status.id] = status
        log.settledCounts[status.id, default: 0] += 1
      }
    case .loop(.round): log.rounds += 1
    case .observing, .started, .finished, .loop: break
    }
  }

  package static let authorship = Authorship(actor: "tester", commit: nil, message: "a test")

  /// Applies once, as `apply` does.
  @discardableResult
  package func apply(_ desired: DesiredState, allowances: Allowances = Allowances()) async throws
    -> Engine.Convergence
  {
    let preparation = try await engine.prepare(desired, allowances: allowances)
    return try await engine.converge(preparation, by: Simulation.authorship, allowances: allowances)
  }

  /// Runs a controller while `body` drives it with triggers. Then ends the triggers and waits for the
  /// controller.
  package func run(
    from desired: DesiredState, as replica: ControllerReplica? = nil,
    quietPeriod: TimeSpan = TimeSpan(seconds: 0),
    _ body: (AsyncStream<Trigger>.Continuation) async throws -> Void
  ) async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let controller = Controller(
      engine: engine, environment: desired.environment, quietPeriod: quietPeriod, replica: replica)
    async let run: Void = controller.run(from: desired, by: Simulation.authorship, triggers: triggers)
    do {
      try await body(feed)
    } catch {
      feed.finish()
      throw error
    }
    feed.finish()
    try await run
  }
}
