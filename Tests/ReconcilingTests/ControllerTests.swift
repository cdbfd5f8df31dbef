import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ControllerTests {
  private let simulation = Simulation()
  private var world: FakeWorld { simulation.world }

  private func until(_ isMet: @escaping @Sendable (Simulation.Log) -> Bool) async {
    await simulation.log.until(isMet)
  }
  private func untilReady(_ names: String...) async {
    await until { log in names.allSatisfy { log.status($0)?.isReady == true } }
  }

  @Test("The controller converges, and ends when its triggers end")
  func convergesAndEndsWithItsTriggers() async throws {
    try await simulation.run(from: .of(.fake("a"), .fake("b", needs: ["a"]))) { _ in
      await untilReady("a", "b")
    }
    #expect(world.things.count == 2)
    #expect(world.state.value.violations == [])
  }

  @Test("A resource that left the manifests and was never applied is forgotten")
  func unappliedLeavingResourceIsForgotten() async throws {
    try await simulation.run(from: .of(.fake("a"), .fake("p", mode: .paused))) { _ in
      await until { $0.status("p") != nil && $0.status("a")?.isReady == true }
    }
    try await simulation.run(from: .of(.fake("a"))) { _ in
      for _ in 0..<1000 where try await simulation.store.statuses(of: "dev")[.fake("p")] != nil {
        await Task.yield()
      }
    }
    #expect(try await simulation.store.statuses(of: "dev").keys.map(\.name) == ["a"])
  }

  @Test("Triggers for a resource in flight cause exactly one more check")
  func triggersInFlightCauseOneMoreCheck() async throws {
    world.inject(.hang, into: "a")
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      for _ in 0..<5 { feed.yield(.changed([.fake("a")])) }
      feed.yield(.changed([.fake("unknown")]))
      world.heal("a")
      await until { $0.settledCount("a") == 2 }
    }
    // One observation before the step, one after it, one for the triggers.
    #expect(world.observeCount("a") == 3)
    #expect(world.applyCount("a") == 1)
  }

  @Test("A failing resource rests and is retried, and delays no other")
  func failingResourceRestsAndIsRetried() async throws {
    world.inject(.applyBeforeEffect, into: "a")
    try await simulation.run(from: .of(.fake("a"), .fake("b"), .fake("c", needs: ["a"]))) { feed in
      await until {
        $0.status("a")?.failures == 1 && $0.status("b")?.isReady == true && $0.status("c") != nil
      }
      feed.yield(.changed([.fake("a"), .fake("b")]))
      feed.yield(.tick)
      await until { $0.settledCount("b") == 2 }
      #expect(world.applyCount("a") == 1, "an event does not end its rest")
      simulation.time.advance(TimeSpan(seconds: 1))
      feed.yield(.tick)
      await until { $0.status("a")?.failures == 2 }
      world.heal("a")
      simulation.time.advance(TimeSpan(seconds: 2))
      feed.yield(.tick)
      await untilReady("a", "b", "c")
    }
    #expect(world.applyCount("a") == 3 && world.applyCount("c") == 1)
    #expect(world.state.value.violations == [])
  }

  @Test("A step that hangs delays no other resource")
  func hangingStepDelaysNoOther() async throws {
    world.inject(.hang, into: "slow")
    try await simulation.run(from: .of(.fake("a"), .fake("slow"))) { feed in
      await world.state.until { $0.things[.fake("a")] != nil }
      while simulation.log.value.settledCount("a") == 0 {
        try Task.checkCancellation()
        await simulation.time.sleepers(1)
        simulation.time.advance(TimeSpan(seconds: 1))
        await Task.yield()
      }
      world.remove("a")
      feed.yield(.changed([.fake("a")]))
      await world.state.until { $0.applyCounts[.fake("a")] == 2 }
      world.heal("slow")
      await untilReady("a", "slow")
    }
  }

  @Test("A newer revision of another process is adopted, and its missing resources are removed")
  func newerRevisionOfAnotherProcessIsAdopted()
    async throws
  {
    let others = (0..<5).map { AnyResource.fake("other\($0)") }
    let first = DesiredState(
      environment: "dev", allowsMockGPUs: true, resources: others + [.fake("a"), .fake("b", needs: ["a"])])
    let second = DesiredState(environment: "dev", allowsMockGPUs: true, resources: others + [.fake("c")])
    try await simulation.run(from: first) { feed in
      await untilReady("a", "b")
      world.inject(.applyBeforeEffect, into: "b")
      _ = try await simulation.store.record(second, by: Simulation.authorship, at: simulation.time.now)
      feed.yield(.tick)
      await until { $0.status("c")?.isReady == true && $0.status("b")?.failures == 1 }
      #expect(world.things[.fake("a")] != nil, "b still references it")
      world.heal("b")
      simulation.time.advance(TimeSpan(seconds: 1))
      feed.yield(.tick)
      await until { $0.noteCount(.removed) == 2 }
    }
    #expect(Set(world.things.keys) == Set(second.resources.map(\.id)))
    #expect(world.state.value.violations == [])
    #expect(try await simulation.store.statuses(of: "dev").count == 6)
  }

  @Test("A resource that leaves while its step runs is removed afterwards")
  func resourceLeavingDuringItsStepIsRemoved() async throws {
    let rest = (0..<4).map { AnyResource.fake("other\($0)") }
    world.inject(.hang, into: "a")
    try await simulation.run(
      from: DesiredState(environment: "dev", allowsMockGPUs: true, resources: rest + [.fake("a")])
    ) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      let next = DesiredState(environment: "dev", allowsMockGPUs: true, resources: rest)
      feed.yield(.desired(next, Simulation.authorship))
      world.heal("a")
      await until { $0.noteCount(.removed) == 1 }
    }
    #expect(world.things[.fake("a")] == nil)
    #expect(try await simulation.store.latestRevision(of: "dev")?.number == 2)
  }

  @Test("Unreadable manifests and those of another environment change nothing")
  func unreadableManifestsChangeNothing() async throws {
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await untilReady("a")
      feed.yield(.unreadable("a.yaml:1:1: not YAML"))
      feed.yield(.desired(.of(environment: "prod"), Simulation.authorship))
      world.remove("a")
      feed.yield(.resync)
      await until { $0.noteCount(.driftHealed) == 1 }
    }
    #expect(simulation.log.value.noteCount(.manifestsUnreadable) == 1)
    #expect(simulation.log.value.noteCount(.otherEnvironment) == 1)
    #expect(world.things[.fake("a")] != nil)
    #expect(try await simulation.store.latestRevision(of: "dev")?.number == 1)
  }

  @Test("Manifests that could not be recorded are recorded once the store answers")
  func manifestsAreRecordedOnceTheStoreAnswers() async throws {
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await untilReady("a")
      simulation.store.fail(.record, times: 2)
      feed.yield(.desired(.of(.fake("a", 2)), Simulation.authorship))
      feed.yield(.tick)
      feed.yield(.tick)
      await world.state.until { $0.things[.fake("a")]?.number == 2 }
    }
  }

  @Test("A pass whose write failed is repeated")
  func failedPassIsRepeated() async throws {
    simulation.store.fail(.claim, times: 1)
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await until { $0.noteCount(.stateUnavailable) == 1 }
      while world.applyCount("a") == 0 {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(seconds: 2))
        feed.yield(.tick)
        await Task.yield()
      }
      await untilReady("a")
    }
  }

  @Test("Too many deletions are blocked and reported once")
  func tooManyDeletionsAreBlocked() async throws {
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await until { $0.noteCount(.condition(.guarded)) == 1 }
      feed.yield(.resync)
      await until { $0.settledCount("b") == 2 }
    }
    #expect(world.things.count == 2)
    #expect(simulation.log.value.noteCount(.condition(.guarded)) == 1)
  }

  @Test("A resource that becomes ready by itself is checked again without an event")
  func startingResourceIsCheckedAgain() async throws {
    world.state.change { $0.health[.fake("a")] = .progressing(reason: "Starting", message: "starts") }
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await until { $0.status("a")?.condition(.progressing)?.status == true }
      world.state.change { $0.health = [:] }
      simulation.time.advance(TimeSpan(seconds: 1))
      feed.yield(.tick)
      await untilReady("a")
    }
  }
}
