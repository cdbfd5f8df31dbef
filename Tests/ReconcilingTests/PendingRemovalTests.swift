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

  /// The numbers of the interim revisions, newest first.
  private func interim() async throws -> [Int64] {
    try await store.revisions(of: "dev", limit: 100).filter { $0.interimFor != nil }.map(\.number)
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
      let pending = try await store.pendingRemovals(of: "dev")
      #expect(pending.map(\.id) == [.fake("a")] && pending.allSatisfy(\.losesData))
      await pass(29, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
      read(desired(.fake("a")), into: feed)
      await simulation.log.until { $0.noteCount(.removalCancelled) == 1 }
      await pass(60, feed)
    }
    #expect(try await revisions() == [1])
    #expect(world.applyCount("a") == 1 && world.things[.fake("a")] != nil)
    #expect(try await store.pendingRemovals(of: "dev") == [])
    #expect(
      notes(.removalPending) == ["1 resource leaves in 30s unless the manifests declare it again: Fake/a"])
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
    #expect(try await store.pendingRemovals(of: "dev") == [])
  }

  @Test("A removal that destroys nothing waits two seconds; a change without removals does not wait")
  func shortWaits() async throws {
    try await run(desired(.fake("z"))) { feed in
      read(desired(.fake("z"), .fake("new")), into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
      read(desired(.fake("new")), into: feed)
      await simulation.log.until { $0.noteCount(.removalPending) == 1 }
      let pending = try await store.pendingRemovals(of: "dev")
      #expect(pending.map(\.losesData) == [false])
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

  @Test("Each resource leaves after its own countdown, which the others neither begin again nor end")
  func ownCountdowns() async throws {
    try await run(desired(.fake("a"), .fake("b"), .fake("c"))) { feed in
      read(desired(.fake("b"), .fake("c")), into: feed)
      await pass(20, feed)
      read(desired(.fake("c")), into: feed)
      await pass(9, feed)
      #expect(world.things[.fake("a")] != nil)
      await pass(2, feed)
      await world.state.until { $0.things[.fake("a")] == nil }
      #expect(world.things[.fake("b")] != nil)
      await pass(15, feed)
      #expect(world.things[.fake("b")] != nil)
      await pass(5, feed)
      await world.state.until { $0.things[.fake("b")] == nil }
    }
    #expect(world.applyCount("c") == 1)
    #expect(notes(.removalCancelled) == [])
    // The second revision is an interim state: a rollback from the third brings both back.
    #expect(try await revisions() == [3, 2, 1])
    #expect(try await interim() == [2])
    #expect(try await store.newestSettledRevision(of: "dev", before: 3)?.number == 1)
  }

  @Test("A file that keeps changing neither delays a removal nor waits for it")
  func restlessFile() async throws {
    try await run(desired(.fake("a"), .fake("b"))) { feed in
      var number = 1
      for second in 0..<30 {
        number += 1
        let target = number
        read(desired(.fake("b", number)), into: feed)
        await world.state.until { $0.things[.fake("b")]?.number == target }
        #expect(world.things[.fake("a")] != nil, "after \(second) s")
        await pass(1, feed)
      }
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    let last = try await store.latestRevision(of: "dev")
    #expect(last?.interimFor == nil)
    #expect(try await store.newestSettledRevision(of: "dev", before: last?.number ?? 0)?.number == 1)
    #expect(notes(.removalPending).count == 1 && notes(.removalCancelled) == [])
  }

  @Test("A resource that comes back cancels its own removal only, and its interim revision is ordinary then")
  func comesBack() async throws {
    try await run(desired(.fake("a"), .fake("b"))) { feed in
      read(desired(.fake("new")), into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
      await pass(20, feed)
      read(desired(.fake("a"), .fake("new")), into: feed)
      await simulation.log.until { $0.noteCount(.removalCancelled) == 1 }
      await pass(11, feed)
      await world.state.until { $0.things[.fake("b")] == nil }
      await pass(30, feed)
    }
    #expect(world.applyCount("a") == 1 && world.things[.fake("a")] != nil)
    #expect(notes(.removalCancelled) == ["not removed: Fake/a; the manifests declare them again"])
    #expect(try await revisions() == [3, 2, 1])
    #expect(try await interim() == [2])
  }

  @Test("An interim revision that the manifests declare after all is one that a rollback finds")
  func interimBecomesOrdinary() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(.fake("new")), into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
      let passing = try await interim()
      #expect(passing == [2])
      read(desired(.fake("a"), .fake("new")), into: feed)
      await simulation.log.until { $0.noteCount(.removalCancelled) == 1 }
      await pass(1, feed)
    }
    #expect(try await revisions() == [2, 1])
    #expect(try await interim() == [])
  }

  @Test("A controller that starts with an interim revision begins the countdown again")
  func startsWithInterim() async throws {
    try await run(desired(.fake("a"))) { feed in
      read(desired(.fake("new")), into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
      await pass(20, feed)
    }
    #expect(try await interim() == [2])
    try await simulation.run(from: desired(.fake("new")), quietPeriod: quietPeriod) { feed in
      await simulation.log.until { $0.noteCount(.removalPending) == 2 }
      await pass(29, feed)
      #expect(world.things[.fake("a")] != nil)
      await pass(3, feed)
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    #expect(try await revisions() == [3, 2, 1])
  }

  @Test("What a waiting resource references stays as long as it does")
  func references() async throws {
    try await run(desired(.fake("z"), .fake("a", needs: ["z"]))) { feed in
      read(desired(), into: feed)
      await pass(29, feed)
      #expect(world.things[.fake("z")] != nil && world.things[.fake("a")] != nil)
      await pass(3, feed)
      await world.state.until { $0.things[.fake("z")] == nil && $0.things[.fake("a")] == nil }
    }
    #expect(try await revisions() == [2, 1])
  }

  @Test("Manifests that rename what a waiting resource references wait with it")
  func renamedReference() async throws {
    try await run(desired(.fake("a"), .fake("b", needs: ["a"]))) { feed in
      read(desired(.fake("renamed")), into: feed)
      await pass(29, feed)
      let recorded = try await revisions()
      #expect(recorded == [1])
      await pass(3, feed)
      await world.state.until { $0.things[.fake("b")] == nil && $0.things[.fake("renamed")] != nil }
    }
    #expect(try await revisions() == [2, 1])
  }

  @Test("A rollback leaves the manifests too that an interim revision precedes")
  func rollbackFromInterim() async throws {
    let manifests = desired(.fake("new"))
    try await run(desired(.fake("a"))) { feed in
      read(manifests, into: feed)
      await world.state.until { $0.things[.fake("new")] != nil }
    }
    _ = try await simulation.engine.quarantineRevisions(
      after: 1, for: desired(.fake("a")), by: Simulation.authorship)
    #expect(try await simulation.engine.quarantine(of: manifests) != nil)
    #expect(try await simulation.engine.quarantine(of: desired(.fake("a"), .fake("new"))) != nil)
  }

  @Test("Without a revision there is nothing to lose, unless something was applied")
  func withoutRevision() async throws {
    try await store.claim(
      ClaimRequest([.fake("a")], mark: "dev", at: simulation.time.now), in: "dev", revision: 0)
    world.put("a", 1)
    try await simulation.run(from: desired(.fake("new")), quietPeriod: quietPeriod) { feed in
      await world.state.until { $0.things[.fake("new")] != nil }
      let passing = try await interim()
      #expect(passing == [1])
      await pass(29, feed)
      #expect(world.things[.fake("a")] != nil)
      await pass(3, feed)
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    #expect(try await revisions() == [2, 1])
    #expect(try await interim() == [1])
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
    #expect(try await store.pendingRemovals(of: "dev") == [])
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
      snapshot.pendingRemovals = try await store.pendingRemovals(of: "dev")
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
