import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Manifests that a rollback leaves are not applied without a person.
@Suite(.timeLimit(.minutes(1))) struct QuarantineTests {
  private let simulation = Simulation()
  private let good = DesiredState.of(.fake("a"))
  private let bad = DesiredState.of(.fake("a", 2))
  private let better = DesiredState.of(.fake("a", 3))

  private func isAt(_ number: Int) async {
    await simulation.world.state.until { $0.things[.fake("a")]?.number == number }
  }

  /// Rolls back as the command `rollback` does.
  private func rollBack(to target: Int64) async throws -> [Int64] {
    let desired = try #require(try await simulation.store.desiredState(of: "dev", at: target))
    let preparation = try await simulation.engine.prepare(desired)
    let left = try await simulation.engine.quarantineRevisions(
      after: target, for: desired, by: Simulation.authorship)
    _ = try await simulation.engine.converge(
      preparation, by: Simulation.authorship, allowances: Allowances())
    return left.map(\.revision).sorted()
  }

  @Test("A running controller reports quarantined manifests and applies the next ones")
  func runningControllerSkipsQuarantinedManifests() async throws {
    try await simulation.run(from: good) { feed in
      await isAt(1)
      feed.yield(.desired(bad, Simulation.authorship))
      await isAt(2)
      let left = try await rollBack(to: 1)
      #expect(left == [2])
      feed.yield(.tick)
      await isAt(1)
      // The files of the manifests were written again.
      feed.yield(.desired(bad, Simulation.authorship))
      await simulation.log.until { $0.noteCount(.revisionQuarantined) == 1 }
      feed.yield(.resync)
      feed.yield(.desired(better, Simulation.authorship))
      await isAt(3)
    }
    #expect(try await simulation.store.revisions(of: "dev", limit: 9).map(\.number) == [4, 3, 2, 1])
    let events = try await simulation.store.events(of: "dev", id: nil, limit: 99)
    #expect(events.count { $0.reason == .revisionQuarantined } == 1, "the event is stored")
  }

  @Test("A controller that starts with quarantined manifests keeps the newest revision")
  func startingControllerKeepsTheNewestRevision()
    async throws
  {
    try await simulation.apply(good)
    try await simulation.apply(bad)
    #expect(try await rollBack(to: 1) == [2])
    try await simulation.run(from: bad) { feed in
      await simulation.log.until { $0.noteCount(.revisionQuarantined) == 1 }
      simulation.world.remove("a")
      feed.yield(.changed([.fake("a")]))
      await isAt(1)
      feed.yield(.desired(better, Simulation.authorship))
      await isAt(3)
    }
    let note = simulation.log.value.notes.first { $0.reason == .revisionQuarantined }
    #expect(note?.message.contains("tester rolled back to 1") == true)
    #expect(note?.message.contains("revision 3 stays") == true)
    #expect(
      note?.message.contains("rendertrust apply") == true, "the message states how to lift the quarantine")
  }

  @Test("A rollback quarantines all later revisions, except equal ones")
  func rollbackQuarantinesLaterRevisions() async throws {
    for desired in [good, bad, good, better] { try await simulation.apply(desired) }
    #expect(try await rollBack(to: 1) == [2, 4])
    #expect(try await simulation.store.quarantines(of: "dev").map(\.revision) == [4, 2])
  }

  @Test("Applying quarantined manifests lifts the quarantine")
  func applyLiftsTheQuarantine() async throws {
    try await simulation.apply(good)
    try await simulation.apply(bad)
    _ = try await rollBack(to: 1)
    let lifted = try await simulation.engine.liftQuarantine(of: bad, by: Simulation.authorship)
    #expect(lifted?.revision == 2)
    #expect(try await simulation.engine.liftQuarantine(of: bad, by: Simulation.authorship) == nil)
    #expect(simulation.log.value.noteCount(.quarantineLifted) == 1)
    try await simulation.run(from: bad) { _ in await isAt(2) }
    #expect(simulation.log.value.noteCount(.revisionQuarantined) == 0)
  }

  @Test("The next controller completes an interrupted rollback")
  func nextControllerCompletesRollback()
    async throws
  {
    try await simulation.apply(good)
    try await simulation.apply(bad)
    _ = try await simulation.engine.quarantineRevisions(after: 1, for: good, by: Simulation.authorship)
    simulation.time.advance(TimeSpan(seconds: 60))
    try await simulation.run(from: bad) { _ in
      await isAt(1)
      await simulation.log.until { $0.status("a")?.isReady == true }
    }
    #expect(try await simulation.store.latestRevision(of: "dev")?.number == 3)
    #expect(try await simulation.store.atomicApply(of: "dev") == nil)
  }
}
