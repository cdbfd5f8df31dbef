import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Others that want the same: programs that undo the controller's work, and commands that wait for it.
@Suite(.timeLimit(.minutes(1))) struct DriftFlapDetectorTests {
  private let simulation = Simulation()
  private var world: FakeWorld { simulation.world }

  @Test func `what drifts again after each healing is healed more and more rarely, and that is said`()
    async throws
  {
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await simulation.log.until { $0.status("a")?.isReady == true }
      for healing in 1...3 {
        world.remove("a")
        feed.yield(.changed([.fake("a")]))
        await simulation.log.until { $0.noteCount("DriftHealed") == healing }
      }
      await simulation.log.until { $0.noteCount("DriftsAgain") == 1 }
      let count = world.applyCount("a")
      world.remove("a")
      feed.yield(.changed([.fake("a")]))
      feed.yield(.tick)
      simulation.time.advance(TimeSpan(milliseconds: 500))
      feed.yield(.tick)
      #expect(world.applyCount("a") == count, "it rests")
      simulation.time.advance(TimeSpan(seconds: 3))
      feed.yield(.tick)
      await simulation.log.until { $0.noteCount("DriftsAgain") == 2 }
    }
    let told = try await simulation.store.events(of: "dev", id: .fake("a"), limit: 99)
    #expect(told.contains { $0.reason == "DriftsAgain" && $0.message.contains("something else changes it") })
  }

  @Test func `a command that wants the environment does not wait for a step that hangs`() async throws {
    world.inject(.stall, into: "a")
    let command = LeaseKeeper(
      ControllerReplica(name: "c1", role: "rollback", isExclusive: true), in: "dev", store: simulation.store,
      time: simulation.time.source, isGone: { _ in false })
    let begun = simulation.time.now
    try await simulation.run(from: .of(.fake("a"))) { feed in
      await world.state.until { $0.applying.contains(.fake("a")) }
      let turn = Task { await command.takeAll { _ in } }
      let isItsTurn = Watched(false)
      let wait = Task {
        try await turn.value.get()
        isItsTurn.change { $0 = true }
      }
      while !isItsTurn.value {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(milliseconds: 100))
        feed.yield(.tick)
        for _ in 0..<50 { await Task.yield() }
      }
      try await wait.value
      #expect(world.state.value.cutShort == [.fake("a")])
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
    #expect(journal.first?.outcome == .superseded("given up: rollback c1 wants the environment"))
    #expect(journal.last?.outcome == .done)
  }
}
