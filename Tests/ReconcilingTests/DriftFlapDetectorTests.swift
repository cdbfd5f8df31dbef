import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Competition with other programs: those that undo the controller's changes, and commands that wait for it.
@Suite(.timeLimit(.minutes(1))) struct DriftFlapDetectorTests {
  private let simulation = Simulation()
  private var world: FakeWorld { simulation.world }

  @Test("A resource that drifts after each healing is healed at growing intervals and reported")
  func flappingResourceIsHealedAtGrowingIntervals()
    async throws
  {
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await simulation.log.until { $0.status("a")?.isReady == true }
      for healing in 1...3 {
        world.remove("a")
        feed.yield(.changed([.fake("a")]))
        await simulation.log.until { $0.noteCount(.driftHealed) == healing }
      }
      await simulation.log.until { $0.noteCount(.driftsAgain) == 1 }
      let count = world.applyCount("a")
      world.remove("a")
      feed.yield(.changed([.fake("a")]))
      feed.yield(.tick)
      simulation.time.advance(TimeSpan(milliseconds: 500))
      feed.yield(.tick)
      #expect(world.applyCount("a") == count, "it waits before the next healing")
      simulation.time.advance(TimeSpan(seconds: 3))
      feed.yield(.tick)
      await simulation.log.until { $0.noteCount(.driftsAgain) == 2 }
    }
    let events = try await simulation.store.events(of: "dev", id: .fake("a"), limit: 99)
    #expect(
      events.contains { $0.reason == .driftsAgain && $0.message.contains("another program changes it") })
  }

  @Test("A command that needs the environment does not wait for a step that hangs")
  func commandDoesNotWaitForHangingStep() async throws {
    world.inject(.stall, into: "a")
    let command = LeaseKeeper(
      ControllerReplica(name: "c1", role: "rollback", isExclusive: true), in: "dev", store: simulation.store,
      time: simulation.time.source, isGone: { _ in false })
    let begun = simulation.time.now
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      let acquisition = Task { await command.acquireAll { _ in } }
      let hasAcquired = Watched(false)
      let wait = Task {
        try await acquisition.value.get()
        hasAcquired.change { $0 = true }
      }
      while !hasAcquired.value {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(milliseconds: 100))
        feed.yield(.tick)
        for _ in 0..<50 { await Task.yield() }
      }
      try await wait.value
      #expect(world.state.value.cancelledCalls == [.fake("a")])
      #expect(simulation.time.now - begun < TimeSpan(seconds: 10))
      world.heal("a")
      await command.leave()
      while world.things.isEmpty {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(milliseconds: 100))
        feed.yield(.tick)
        for _ in 0..<50 { await Task.yield() }
      }
    }
    let journal = try await simulation.store.journal(of: "dev", id: .fake("a"), limit: 9).reversed()
    #expect(journal.first?.outcome == .superseded("cancelled: rollback c1 needs the environment"))
    #expect(journal.last?.outcome == .done)
  }
}
