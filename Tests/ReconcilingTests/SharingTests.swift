import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Several controllers on one store.
@Suite(.timeLimit(.minutes(1))) struct SharingTests {
  private let time: ManualTime
  private let world: FakeWorld
  private let store: MemoryStateStore
  private let a: Simulation
  private let b: Simulation

  init() {
    let (time, world) = (ManualTime(), FakeWorld())
    let store = MemoryStateStore(clock: { time.now })
    (self.time, self.world, self.store) = (time, world, store)
    a = Simulation(world: world, store: store, time: time, name: "a")
    b = Simulation(world: world, store: store, time: time, name: "b")
  }

  private static func chain(_ number: Int = 1) -> DesiredState {
    DesiredState(
      environment: "dev", allowsMockGPUs: true,
      resources: (0..<16).map { .fake("r\($0)", number, needs: $0 > 0 ? ["r\($0 - 1)"] : []) })
  }
  private static func many(_ number: Int = 1) -> DesiredState {
    DesiredState(
      environment: "dev", allowsMockGPUs: true, resources: (0..<60).map { .fake("r\($0)", number) })
  }

  /// Moves the clock forward in small steps until the condition is met.
  private func pass(until isMet: () async throws -> Bool) async throws {
    while try await !isMet() {
      try Task.checkCancellation()
      time.advance(TimeSpan(milliseconds: 100))
      for _ in 0..<20 { await Task.yield() }
    }
  }
  private func holders() async throws -> [String?] {
    try await store.leases(of: "dev").table.leases.map(\.holder)
  }
  /// The number of resources of `chain` that exist.
  private var links: Int { world.things.keys.count { $0.name.hasPrefix("r") } }
  private func share(_ name: String) async throws -> Int { try await holders().count { $0 == name } }

  /// Runs both controllers until `body` returns.
  private func both(
    from desired: DesiredState,
    _ body: (AsyncStream<Trigger>.Continuation, AsyncStream<Trigger>.Continuation) async throws -> Void
  ) async throws {
    try await a.run(from: desired, as: ControllerReplica(name: "a")) { first in
      try await pass { try await share("a") == 16 }
      try await b.run(from: desired, as: ControllerReplica(name: "b")) { second in
        try await pass {
          let (mine, others) = (try await share("a"), try await share("b"))
          return mine == 8 && others == 8
        }
        try await body(first, second)
      }
    }
    #expect(world.state.value.violations == [])
  }

  @Test("Two controllers share the work and stay in their ranges")
  func controllersStayInTheirRanges() async throws {
    try await both(from: Self.many()) { first, _ in
      try await pass { world.things.count == 60 }
      let before = (a.log.value.plans.count, b.log.value.plans.count)
      first.yield(.desired(Self.many(2), Simulation.authorship))
      try await pass { world.things.values.allSatisfy { $0.number == 2 } }
      #expect(a.log.value.plans.count > before.0 && b.log.value.plans.count > before.1)
      let holders = try await holders()
      for entry in try await store.journal(of: "dev", id: nil, limit: 1000) where entry.intent.revision == 2 {
        let range = KeyRange(of: entry.intent.step.resource)
        #expect(entry.intent.step.pass.hasPrefix(holders[range.number] ?? "?"), "\(entry.intent.step)")
      }
    }
    #expect(world.state.value.applyCounts.values.allSatisfy { $0 == 2 }, "no step runs twice")
    let table = try await store.leases(of: "dev").table
    #expect(table.memberships.isEmpty && table.leases.allSatisfy { $0.holder == nil })
  }

  @Test("A finished resource wakes its dependents at the other controller at once")
  func finishedResourceWakesDependentsElsewhere() async throws {
    try await both(from: .of(.fake("z"))) { first, _ in
      let begun = time.now
      first.yield(.desired(Self.chain(), Simulation.authorship))
      try await pass { links == 16 }
      let spent = time.now - begun
      #expect(spent < TimeSpan(seconds: 60), "\(spent)")
    }
  }

  @Test("The next leader records the manifests that the former one did not")
  func nextLeaderRecordsManifests() async throws {
    let (old, new) = (Self.many(2), Self.many(3))
    try await both(from: Self.many()) { first, second in
      second.yield(.desired(new, Simulation.authorship))
      first.yield(.desired(old, Simulation.authorship))
      try await pass { world.things.values.allSatisfy { $0.number == 2 } }
      first.finish()
      try await pass {
        second.yield(.tick)
        return try await store.latestRevision(of: "dev")?.manifestDigest == new.digest
      }
    }
  }

  @Test("Without notifications the controllers converge at resyncs")
  func controllersConvergeWithoutNotifications() async throws {
    try await both(from: .of(.fake("z"))) { first, second in
      store.loseNotifications(true)
      first.yield(.desired(Self.chain(), Simulation.authorship))
      try await pass {
        first.yield(.tick)
        second.yield(.resync)
        first.yield(.resync)
        return links == 16
      }
    }
  }

  @Test("Removals wait for dependents in other ranges")
  func removalsWaitForDependentsInOtherRanges() async throws {
    let others = (0..<40).map { AnyResource.fake("other\($0)") }
    let chain = (0..<10).map { AnyResource.fake("r\($0)", 1, needs: $0 > 0 ? ["r\($0 - 1)"] : []) }
    let all = DesiredState(environment: "dev", allowsMockGPUs: true, resources: others + chain)
    let rest = DesiredState(environment: "dev", allowsMockGPUs: true, resources: others)
    try await both(from: all) { first, _ in
      try await pass { world.things.count == 50 }
      first.yield(.desired(rest, Simulation.authorship))
      try await pass { world.things.count == 40 }
    }
  }

  @Test("A second controller takes over from one that ends, and leads")
  func secondControllerTakesOver() async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    try await b.run(from: Self.many(), as: ControllerReplica(name: "b")) { second in
      try await pass { try await share("b") == 16 }
      async let run: Void = Controller(
        engine: a.engine, environment: "dev", quietPeriod: TimeSpan(seconds: 0),
        replica: ControllerReplica(name: "a")
      ).run(from: Self.many(3), by: Simulation.authorship, triggers: triggers)
      try await pass { try await share("a") == 8 }
      #expect(try await store.latestRevision(of: "dev")?.number == 1, "only the leader records revisions")
      #expect(try await holders()[0] == "b")
      feed.finish()
      try await run
      try await pass { try await share("b") == 16 }
      second.yield(.desired(Self.many(2), Simulation.authorship))
      try await pass { world.things.values.count { $0.number == 2 } == 60 }
    }
    #expect(world.state.value.violations == [])
  }

  @Test("The manifests of a follower are recorded once it leads, unless there is a newer revision")
  func followerRecordsOnceItLeads() async throws {
    try await both(from: Self.many()) { first, second in
      second.yield(.desired(Self.many(2), Simulation.authorship))
      first.yield(.desired(Self.many(3), Simulation.authorship))
      try await pass { world.things.count == 60 && world.things.values.allSatisfy { $0.number == 3 } }
      second.yield(.desired(Self.many(4), Simulation.authorship))
      try await pass { b.log.value.plans.count > 1 }
      first.finish()
      try await pass { world.things.values.allSatisfy { $0.number == 4 } }
    }
    #expect(try await store.revisions(of: "dev", limit: 9).map(\.number) == [3, 2, 1])
  }

  @Test("A command waits for running steps, acquires all ranges and releases them")
  func commandAcquiresAndReleasesAllRanges() async throws {
    try await both(from: Self.many()) { first, second in
      try await pass { world.things.count == 60 }
      world.inject(.hang, into: "r7")
      world.remove("r7")
      for feed in [first, second] { feed.yield(.changed([.fake("r7")])) }
      try await pass { world.state.value.applying.contains(.fake("r7")) }
      let keeper = LeaseKeeper(
        ControllerReplica(name: "command", isExclusive: true), in: "dev", store: store, time: time.source,
        isGone: { _ in false })
      let waits = Watched<[ControllerReplica]>([])
      async let taken = keeper.acquireAll { replicas in waits.change { $0 = replicas } }
      try await pass { try await share("command") == 15 }
      #expect(waits.value.map(\.name).sorted() == ["a", "b"])
      world.heal("r7")
      try await pass { try await share("command") == 16 }
      try await taken.get()
      let engine = Simulation.engine(over: store, world: world, time: time, name: "command")
        .bound(to: keeper.fencingTokens, of: keeper)
      let preparation = try await engine.prepare(Self.many(5))
      _ = try await engine.converge(preparation, by: Simulation.authorship, allowances: Allowances())
      #expect(world.things.values.allSatisfy { $0.number == 5 })
      await keeper.leave()
      try await pass {
        let (mine, others) = (try await share("a"), try await share("b"))
        return mine == 8 && others == 8
      }
      world.remove("r9")
      for feed in [first, second] { feed.yield(.changed([.fake("r9")])) }
      try await pass { world.things[.fake("r9")]?.number == 5 }
    }
  }

  private static func isOfStopped(_ entry: JournalEntry) -> Bool {
    entry.intent.step.pass.hasPrefix("stopped")
  }

  @Test("A process that was stopped too long starts nothing, and its writes are rejected")
  func stoppedProcessStartsNothing() async throws {
    world.inject(.hang, into: "slow")
    let frozen = Frozen(time.source)
    let stopped = Simulation.engine(
      over: store, world: world, time: frozen.source, name: "stopped",
      progress: { progress in frozen.note(progress) })
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let desired = DesiredState.of(.fake("slow"), .fake("next", needs: ["slow"]))
    async let run: Void = Controller(
      engine: stopped, environment: "dev", quietPeriod: TimeSpan(seconds: 0),
      replica: ControllerReplica(name: "stopped")
    ).run(from: desired, by: Simulation.authorship, triggers: triggers)
    await world.state.until { $0.applying.contains(.fake("slow")) }

    frozen.stop()
    // Another controller takes over while the process is stopped inside its step.
    time.advance(TimeSpan(seconds: 7))
    try await b.run(from: desired, as: ControllerReplica(name: "b")) { _ in
      try await pass { try await share("b") == 16 }
      let begun = try await store.journal(of: "dev", id: nil, limit: 10).filter(Self.isOfStopped)
      #expect(begun.map(\.outcome) == [.interrupted], "the steps of the stopped process count as interrupted")
      world.heal("slow")
      frozen.resume()
      try await pass { world.things.count == 2 && frozen.reasons.contains(.leaseLost) }
      try await pass { try await share("stopped") == 8 }
    }
    #expect(world.state.value.fencedCalls == [.fake("slow")], "the step took effect without its lease")
    feed.finish()
    try await run
    let journal = try await store.journal(of: "dev", id: nil, limit: 100)
    #expect(
      journal.filter(Self.isOfStopped).last?.outcome == .interrupted,
      "the stopped process recorded no outcome later")
    #expect(journal.allSatisfy { $0.outcome != nil })
    #expect(try await store.events(of: "dev", id: nil, limit: 100).contains { $0.reason == .leaseTaken })
  }
}

/// The time of a process that is stopped and continues. While it is stopped, none of its sleeps end.
private struct Frozen: Sendable {
  private let inner: TimeSource
  private let isStopped = Watched(false)
  private let notes = Watched<[EventReason]>([])

  init(_ inner: TimeSource) { self.inner = inner }

  var source: TimeSource {
    TimeSource(
      now: inner.now,
      sleep: { span in
        try await inner.sleep(span)
        await isStopped.until { !$0 }
      }, uptime: inner.uptime)
  }
  func stop() { isStopped.change { $0 = true } }
  func resume() { isStopped.change { $0 = false } }
  func note(_ progress: Progress) {
    if case .note(let event) = progress { notes.change { $0.append(event.reason) } }
  }
  var reasons: [EventReason] { notes.value }
}
