import Model
import Reconciling
import ReconcilingSupport
import Testing

/// The deletion of a fake thing is not interruptible, like that of a database.
@Suite(.timeLimit(.minutes(1))) struct StepCallTests {
  private let simulation = Simulation()
  private var world: FakeWorld { simulation.world }
  private let others = (0..<4).map { AnyResource.fake("other\($0)") }

  private func desired(_ resources: AnyResource...) -> DesiredState {
    DesiredState(environment: "dev", allowsMockGPUs: true, resources: others + resources)
  }

  private func journal() async throws -> [JournalOutcome?] {
    try await simulation.store.journal(of: "dev", id: .fake("a"), limit: 100).reversed().map(\.outcome)
  }

  /// Runs a controller until the deletion of `a` runs, which does not end before `heal`.
  private func whileDeleting(_ body: (AsyncStream<Trigger>.Continuation) async throws -> Void) async throws {
    try await simulation.run(from: desired(.fake("a"))) { feed in
      await simulation.log.until { $0.status("a")?.isReady == true }
      world.inject(.stall, into: "a")
      feed.yield(.desired(desired(), Simulation.authorship))
      await world.state.until { $0.applying.contains(.fake("a")) }
      try await body(feed)
    }
  }

  @Test("A deletion that began is not cancelled by a newer revision, and the thing is created again after it")
  func deletionOutlivesNewerRevision() async throws {
    try await whileDeleting { feed in
      feed.yield(.desired(desired(.fake("a"), .fake("b")), Simulation.authorship))
      await simulation.log.until { $0.status("b")?.isReady == true }
      #expect(world.state.value.applying == [.fake("a")])
      world.heal("a")
      await world.state.until { $0.applyCounts[.fake("a")] == 3 && $0.things[.fake("a")] != nil }
    }
    #expect(world.state.value.cancelledCalls == [])
    #expect(try await journal() == [.done, .done, .done])
    #expect(world.state.value.violations == [])
  }

  @Test("A deletion that takes longer than its deadline is reported and not cancelled")
  func deletionOutlivesItsDeadline() async throws {
    try await whileDeleting { _ in
      while simulation.log.value.noteCount(.condition(.callDoesNotEnd)) == 0 {
        try Task.checkCancellation()
        simulation.time.advance(TimeSpan(seconds: 60))
        await Task.yield()
      }
      let status = try #require(try await simulation.store.statuses(of: "dev")[.fake("a")])
      let message = status.condition(.ready)?.message ?? ""
      #expect(message.contains("‘delete it’ has taken longer than 10m. It is not cancelled"), "\(message)")
      world.heal("a")
      await world.state.until { $0.things[.fake("a")] == nil }
    }
    #expect(world.state.value.cancelledCalls == [])
    #expect(try await journal() == [.done, .done])
  }

  @Test("A deletion that runs when the controller is cancelled completes and is recorded")
  func deletionOutlivesItsController() async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let controller = Controller(
      engine: simulation.engine, environment: "dev", quietPeriod: TimeSpan(seconds: 0))
    let first = desired(.fake("a"))
    let run = Task { try await controller.run(from: first, by: Simulation.authorship, triggers: triggers) }
    await simulation.log.until { $0.status("a")?.isReady == true }
    world.inject(.stall, into: "a")
    feed.yield(.desired(desired(), Simulation.authorship))
    await world.state.until { $0.applying.contains(.fake("a")) }
    run.cancel()
    for _ in 0..<100 { await Task.yield() }
    world.heal("a")
    try await run.value
    feed.finish()
    #expect(world.things[.fake("a")] == nil)
    #expect(try await journal() == [.done, .done])
  }
}
