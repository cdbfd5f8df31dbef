import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Controllers with a quiet period.
@Suite(.timeLimit(.minutes(1))) struct PendingRemovalTests {
  /// Everything but `z` holds data; `renamed` is another name of `a`.
  private let simulation = Simulation(
    ownershipRules: OwnershipRules(movableKinds: ["Fake"]) { resource, _ in
      let name = resource.id.name == "renamed" ? "a" : resource.id.name
      return [
        ThingClaim(
          .folder(path: "/data/\(name)"), field: "metadata.name", role: "data", holdsData: name != "z")
      ]
    })
  private var world: FakeWorld { simulation.world }
  private var store: MemoryStateStore { simulation.store }
  private let quietPeriod = TimeSpan(seconds: 30)
  private static let others = (0..<6).map { AnyResource.fake("other\($0)") }

  private func desired(_ resources: AnyResource...) -> DesiredState {
    DesiredState(environment: "dev", allowsMockGPUs: true, resources: Self.others + resources)
  }

  private func read(_ state: DesiredState, into feed: AsyncStream<Trigger>.Continuation) {
    feed.yield(.desired(state, Simulation.authorship))
  }

  /// Lets the time pass as the ticks of a controller do.
  private func pass(_ seconds: Int64, _ feed: AsyncStream<Trigger>.Continuation) async {
    for _ in 0..<seconds * 2 {
      simulation.time.advance(TimeSpan(milliseconds: 500))
      let rounds = simulation.log.value.rounds
      feed.yield(.tick)
      await simulation.log.until { $0.rounds > rounds }
      // The heartbeats keep up with the clock.
      for _ in 0..<20 { await Task.yield() }
    }
  }

  private func notes(_ reason: EventReason) -> [String] {
    simulation.log.value.notes.filter { $0.reason == reason }.map(\.message)
  }

  private func revisions() async throws -> [Int64] {
    try await store.revisions(of: "dev", limit: 10).map(\.number)
  }

  /// Runs a controller in which everything is ready.
  private func run(
    _ first: DesiredState, _ body: (AsyncStream<Trigger>.Continuation) async throws -> Void
  ) async throws {
    try await simulation.run(from: first, quietPeriod: quietPeriod) { feed in
      await simulation.log.until { log in
        first.resources.allSatisfy { log.status($0.id.name)?.isReady == true }
      }
      try await body(feed)
    }
  }

  @Test("A resource that is absent for 29 seconds is not removed, and its absence is no revision")
  func absenceIsNoRevision() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      let pending = try #require(try await store.pendingRemoval(of: "dev"))
      #expect(pending.removals == [.fake("a")] && pending.losesData)
      await pass(29, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
      read(desired(.fake("a")), into: feed)
      await simulation.log.until { $0.noteCount(.removalCancelled) == 1 }
      await pass(60, feed)
    }
    #expect(try await revisions() == [1])
    #expect(world.applyCount("a") == 1 && world.things[.fake("a")] != nil)
    #expect(try await store.pendingRemoval(of: "dev") == nil)
    #expect(notes(.removalPending) == ["1 resource leaves in 30s unless the manifests change again: Fake/a"])
    #expect(notes(.removalCancelled) == ["not removed: Fake/a; the manifests declare them again"])
  }

  @Test("A resource that stays absent for the quiet period is removed by one revision")
  func lastingAbsence() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      await pass(31, feed)
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    #expect(try await revisions() == [2, 1])
    #expect(notes(.removalCancelled) == [])
    #expect(try await store.pendingRemoval(of: "dev") == nil)
  }

  @Test("A removal that destroys nothing waits two seconds; a change without removals does not wait")
  func shortWaits() async throws {
    try await run(desired(.fake("z"))) { feed in
      read(desired(.fake("z"), .fake("new")), into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
      read(desired(.fake("new")), into: feed)
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      let pending = try await store.pendingRemoval(of: "dev")
      #expect(pending?.losesData == false)
      await pass(3, feed)
      await world.state.until { $0.things[.fake("z")] == nil }
    }
    #expect(try await revisions() == [3, 2, 1])
  }

  @Test("A renamed resource is no removal")
  func rename() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(.fake("renamed")), into: feed)
      await world.state.until { $0.things[.fake("renamed")] != nil }
    }
    #expect(try await revisions() == [2, 1])
    #expect(notes(.removalPending) == [])
  }

  @Test("Each further change begins the period again, and only the last state is a revision")
  func furtherChanges() async throws {
    try await run(desired(.fake("a"), .fake("b"))) { feed in
      read(desired(.fake("b")), into: feed)
      await pass(20, feed)
      read(desired(), into: feed)
      await pass(20, feed)
      read(desired(.fake("a")), into: feed)
      await pass(29, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
      #expect(world.things[.fake("b")] != nil)
      await pass(3, feed)
      await world.state.until { $0.things[.fake("b")] == nil }
    }
    #expect(try await revisions() == [2, 1])
    #expect(world.applyCount("a") == 1)
    #expect(notes(.removalCancelled) == ["not removed: Fake/a; the manifests declare them again"])
  }

  @Test("Manifests that cannot be read remove nothing, however long they stay so")
  func unreadable() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await pass(10, feed)
      feed.yield(.unreadable("m/a.yaml:1:1: the file is empty"))
      await simulation.log.until { $0.noteCount(.removalCancelled) == 1 }
      await pass(60, feed)
    }
    #expect(try await revisions() == [1])
    #expect(world.things[.fake("a")] != nil)
  }

  @Test("A start with manifests that remove something begins from the newest revision and waits")
  func startWaits() async throws {
    try await run(desired(.fake("a"))) { _ in }
    try await simulation.run(from: desired(), quietPeriod: quietPeriod) { feed in
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      await pass(29, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
      await pass(3, feed)
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    #expect(try await revisions() == [2, 1])
  }

  @Test("A controller that ends while it waits leaves no pending removal, and the next one begins again")
  func endWhileWaiting() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await pass(20, feed)
    }
    #expect(try await store.pendingRemoval(of: "dev") == nil)
    try await simulation.run(from: desired(), quietPeriod: quietPeriod) { feed in
      await simulation.log.until { $0.noteCount(.removalPending) == 2 }
      await pass(20, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
    }
    #expect(world.things[.fake("a")] != nil)
  }

  @Test("A revision of another process ends the wait")
  func otherRevision() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await pass(20, feed)
      _ = try await store.record(
        desired(.fake("a", 2)), by: Simulation.authorship, at: simulation.time.now)
      await pass(40, feed)
      await world.state.until { $0.things[.fake("a")]?.number == 2 }
    }
    #expect(try await revisions() == [2, 1])
    #expect(notes(.removalCancelled) == ["not removed: Fake/a; tester recorded revision 2"])
  }

  @Test("A rollback finds settled states only")
  func rollbackFindsSettledStates() async throws {
    try await run(desired(.fake("a"))) { feed in
      for round in 0..<20 {
        read(desired(), into: feed)
        await pass(1, feed)
        read(desired(.fake("a")), into: feed)
        await simulation.log.until { $0.noteCount(.removalCancelled) == round + 1 }
      }
    }
    #expect(try await revisions() == [1])
    #expect(world.applyCount("a") == 1)
  }

  @Test("why names the pending removal, when it happens and how to prevent it")
  func explanation() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(), into: feed)
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      var snapshot = StatusSnapshot(
        now: simulation.time.now, statuses: try await store.statuses(of: "dev"), desired: desired(.fake("a")),
        revision: 1)
      snapshot.pendingRemoval = try await store.pendingRemoval(of: "dev")
      let explanation = Explanation(of: .fake("a"), in: snapshot)
      #expect(explanation.root.cause == .pendingRemoval)
      #expect(explanation.next == .removal(at: simulation.time.now + TimeSpan(seconds: 30)))
      #expect(
        explanation.next.sentence(now: simulation.time.now)
          == "removed in 30s, unless the manifests declare it again")
      #expect(explanation.advice.first?.contains("declare it again") == true)
      #expect(Explanation(explanation.value(now: simulation.time.now)) == explanation)
      snapshot.now = snapshot.now + TimeSpan(seconds: 31)
      #expect(Explanation(of: .fake("a"), in: snapshot).root.cause == .ready, "its controller has ended")
    }
  }
}
