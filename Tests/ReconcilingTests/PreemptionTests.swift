import Model
import Reconciling
import ReconcilingSupport
import Testing

/// The newest revision replaces older ones at once: the tests move the clock only where they need it.
@Suite(.timeLimit(.minutes(1))) struct PreemptionTests {
  private let simulation = Simulation(kinds: ["Fake", "Other"])
  private var world: FakeWorld { simulation.world }

  private func until(_ isMet: @escaping @Sendable (Simulation.Log) -> Bool) async {
    await simulation.log.until(isMet)
  }
  private func untilReady(_ names: String...) async {
    await until { log in names.allSatisfy { log.status($0)?.isReady == true } }
  }
  private func journal(_ name: String) async throws -> [(Int64, JournalOutcome?)] {
    try await simulation.store.journal(of: "dev", id: .fake(name), limit: 100).reversed()
      .map { ($0.intent.revision, $0.outcome) }
  }
  private func adopt(_ resources: AnyResource..., into feed: AsyncStream<Trigger>.Continuation) {
    let desired = DesiredState(environment: "dev", allowsMockGPUs: true, resources: resources)
    feed.yield(.desired(desired, Simulation.authorship))
  }

  @Test("A running step is cancelled for a newer revision that changes its resource")
  func runningStepIsCancelledForNewerRevision() async throws {
    world.inject(.stall, into: "a")
    let begun = simulation.time.now
    try await simulation.run(from: .of(.fake("a"), .fake("b", needs: ["a"]))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      world.state.change { $0.faults[.fake("a")] = [] }
      adopt(.fake("a", 2), .fake("b", needs: ["a"]), into: feed)
      await untilReady("a", "b")
    }
    #expect(simulation.time.now == begun, "it took no time")
    #expect(world.state.value.cancelledCalls == [.fake("a")])
    #expect(world.things[.fake("a")]?.number == 2)
    let journal = try await journal("a")
    #expect(journal.map(\.0) == [1, 2])
    #expect(journal.map(\.1) == [.superseded("cancelled: revision 2 changes Fake/a"), .done])
    #expect(world.state.value.violations == [])
  }

  @Test("A running step is cancelled when its resource leaves the manifests")
  func runningStepIsCancelledWhenItsResourceLeaves() async throws {
    let others = (0..<4).map { AnyResource.fake("other\($0)") }
    world.inject(.stall, into: "a")
    let first = DesiredState(environment: "dev", allowsMockGPUs: true, resources: others + [.fake("a")])
    try await simulation.run(from: first) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      let next = DesiredState(environment: "dev", allowsMockGPUs: true, resources: others)
      feed.yield(.desired(next, Simulation.authorship))
      // The cancelled step may still take effect, so the resource is observed for a while.
      await until { $0.noteCount(.condition(.settling)) == 1 }
    }
    #expect(world.state.value.cancelledCalls == [.fake("a")])
    #expect(world.things[.fake("a")] == nil)
  }

  @Test("The step of an unchanged resource finishes, and independent resources continue")
  func stepOfUnchangedResourceFinishes()
    async throws
  {
    world.inject(.stall, into: "a")
    try await simulation.run(from: .of(.fake("a"), .fake("b", needs: ["a"]), .fake("c"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      // b depended on a and no longer does.
      adopt(.fake("a"), .fake("b", 2), .fake("c", 2), into: feed)
      await world.state.until { $0.things[.fake("b")]?.number == 2 && $0.things[.fake("c")]?.number == 2 }
      #expect(world.state.value.cancelledCalls == [])
      world.heal("a")
      await untilReady("a", "b", "c")
    }
    #expect(world.applyCount("a") == 1)
    #expect(world.state.value.violations == [])
  }

  @Test("A resource that rests after a failure is retried at once")
  func restingResourceIsRetriedAtOnce() async throws {
    world.inject(.applyBeforeEffect, into: "a")
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await until { $0.status("a")?.failures == 1 }
      world.heal("a")
      adopt(.fake("a", 2), into: feed)
      await untilReady("a")
    }
    #expect(world.applyCount("a") == 2)
  }

  @Test("A revision of another process is adopted at the next tick")
  func revisionOfAnotherProcessIsAdoptedAtTheNextTick() async throws {
    world.inject(.stall, into: "a")
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      world.state.change { $0.faults[.fake("a")] = [] }
      _ = try await simulation.store.record(
        .of(.fake("a", 2)), by: Simulation.authorship, at: simulation.time.now)
      feed.yield(.tick)
      await untilReady("a")
    }
    #expect(world.things[.fake("a")]?.number == 2 && world.state.value.cancelledCalls.count == 1)
  }

  @Test("A cancelled call that does not end keeps its resource busy and is reported")
  func lingeringCallIsReported()
    async throws
  {
    world.inject(.hang, into: "a")
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      adopt(.fake("a", 2), .fake("b"), into: feed)
      await until { $0.status("b")?.isReady == true }
      while simulation.log.value.noteCount(.condition(.callDoesNotEnd)) == 0 {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(seconds: 1))
        await Task.yield()
      }
      let status = try #require(try await simulation.store.statuses(of: "dev")[.fake("a")])
      #expect(status.condition(.progressing)?.reason == .callDoesNotEnd)
      #expect(status.condition(.ready)?.message.contains("revision 2 changes Fake/a") == true)
      #expect(world.applyCount("a") == 1)
      world.heal("a")
      await untilReady("a")
    }
    #expect(world.things[.fake("a")]?.number == 2)
    #expect(world.state.value.violations == [], "no resource has two steps at the same time")
  }

  @Test("A step ends at its deadline")
  func stepEndsAtItsDeadline() async throws {
    world.inject(.stall, into: "a")
    try await simulation.run(from: .of(.fake("a"), .fake("b"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      while simulation.log.value.status("a")?.failures != 1 {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(seconds: 60))
        await Task.yield()
      }
    }
    let message = try #require(simulation.log.value.status("a")?.condition(.degraded)?.message)
    #expect(message.contains("did not finish ‘create it’ within 10m"), "\(message)")
    #expect(message.contains("the backend of FakeSpec"), "\(message)")
    #expect(try await journal("a").map(\.1?.word) == [.failed])
  }

  @Test("A kind that does not answer delays no other, and fails at its deadline")
  func unansweredObservationDelaysNoOtherKind()
    async throws
  {
    world.inject(.blind, into: "a")
    let begun = simulation.time.now
    let desired = DesiredState.of(
      .fake("a"), .fake("x", kind: "Other"), .fake("y", needs: ["a"], kind: "Other"))
    let (x, y) = (ResourceID(kind: "Other", name: "x"), ResourceID(kind: "Other", name: "y"))
    try await simulation.run(from: desired) { feed in
      await world.state.until { $0.observeCalls == 2 }
      while world.things[x] == nil {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(milliseconds: 50))
        await Task.yield()
      }
      #expect(simulation.time.now - begun <= TimeSpan(seconds: 1))
      #expect(world.state.value.applyCounts[y] == nil, "it depends on a resource that was not observed")
      while simulation.log.value.status("a")?.failures != 1 {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(seconds: 5))
        await Task.yield()
      }
      #expect(
        simulation.log.value.status("a")?.condition(.degraded)?.message.contains("within 1m") == true)
      world.heal("a")
      simulation.time.advance(TimeSpan(seconds: 2))
      feed.yield(.tick)
      await until { $0.status("a")?.isReady == true && $0.statuses[y]?.isReady == true }
    }
    #expect(world.state.value.violations == [])
  }

  @Test("A newer revision does not wait for an observation that hangs")
  func newerRevisionDoesNotWaitForHangingObservation() async throws {
    let x = ResourceID(kind: "Other", name: "x")
    world.inject(.blind, into: "a")
    try await simulation.run(from: .of(.fake("a"), .fake("x", kind: "Other"))) { feed in
      await world.state.until { $0.observeCalls == 2 }
      adopt(.fake("x", 2, kind: "Other"), .fake("z", kind: "Other"), into: feed)
      await world.state.until { $0.things[x]?.number == 2 }
    }
    #expect(world.applyCount("a") == 0)
  }

  @Test("Cancelling the controller cancels running steps and records them")
  func cancellingTheControllerRecordsRunningSteps() async throws {
    world.inject(.stall, into: "a")
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let controller = Controller(
      engine: simulation.engine, environment: "dev", quietPeriod: TimeSpan(seconds: 0))
    let run = Task {
      try await controller.run(from: .of(.fake("a")), by: Simulation.authorship, triggers: triggers)
    }
    await world.state.until { $0.applying.contains(.fake("a")) }
    run.cancel()
    try await run.value
    feed.finish()
    #expect(try await journal("a").map(\.1) == [.interrupted])
  }
}
