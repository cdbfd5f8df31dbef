import Model
import Reconciling
import ReconcilingSupport
import Testing

/// An apply that is done completely or not at all.
@Suite(.timeLimit(.minutes(1))) struct AtomicApplyTests {
  private let simulation = Simulation()
  private var world: FakeWorld { simulation.world }

  private func apply(_ desired: DesiredState) async throws -> Engine.AtomicConvergence {
    let preparation = try await simulation.engine.prepare(desired)
    return try await simulation.engine.convergeAtomically(
      preparation, by: Simulation.authorship, allowances: Allowances())
  }

  private func numbers() -> [String: Int] {
    Dictionary(world.things.map { ($0.key.name, $0.value.number) }, uniquingKeysWith: { a, _ in a })
  }

  @Test("A successful apply leaves no record")
  func successfulApplyLeavesNoRecord() async throws {
    let end = try await apply(.of(.fake("a"), .fake("b", needs: ["a"])))
    guard case .applied = end.end else { return #expect(Bool(false), "\(end.end)") }
    #expect(world.things.count == 2)
    #expect(try await simulation.store.atomicApply(of: "dev") == nil)
    #expect(try await simulation.store.quarantines(of: "dev") == [])
  }

  @Test("After a failure nothing starts, and the former state is restored")
  func failureRestoresTheFormerState() async throws {
    let before = DesiredState.of(.fake("a"), .fake("b"), .fake("c", needs: ["b"]), .fake("gone"))
    try await simulation.apply(before)
    world.inject(.applyBeforeEffect, into: "b")
    let after = DesiredState.of(
      .fake("a", 2), .fake("b", 2), .fake("c", 2, needs: ["b"]), .fake("new"), .fake("later", needs: ["c"]))
    let preparation = try await simulation.engine.prepare(after)
    world.state.change { $0.faults[.fake("b")] = [.applyBeforeEffect] }
    let end = try await simulation.engine.convergeAtomically(
      preparation, by: Simulation.authorship, allowances: Allowances(prune: true))
    guard case .rolledBack(let back) = end.end else { return #expect(Bool(false), "\(end.end)") }
    #expect(world.applyCount("later") == 0)
    #expect(end.rollbackRevision == 1)
    #expect(numbers() == ["a": 1, "b": 1, "c": 1, "gone": 1])
    #expect(back.findings.values.allSatisfy { $0.isRemoved || $0.status.isReady })
    #expect(try await simulation.store.quarantines(of: "dev").map(\.revision) == [2])
    let newest = try #require(try await simulation.store.latestRevision(of: "dev"))
    #expect(newest.number == 3 && newest.manifestDigest == before.digest)
    #expect(newest.message == "roll back to revision 1 from 2")
    #expect(simulation.log.value.notes.contains { $0.message.hasPrefix("Fake/b failed, so revision 2 is") })
    #expect(world.state.value.violations == [])
  }

  @Test("A failed first apply rolls back to an empty environment")
  func firstApplyRollsBackToNothing() async throws {
    world.inject(.applyBeforeEffect, into: "b")
    let end = try await apply(.of(.fake("a"), .fake("b", needs: ["a"])))
    guard case .rolledBack(let back) = end.end else { return #expect(Bool(false), "\(end.end)") }
    #expect(world.things.isEmpty && end.rollbackRevision == 0)
    #expect(ApplyReport(back).entries.map(\.state) == [.removed, .removed])
    #expect(ApplyReport(back).exitCode == 0)
  }

  @Test("A resource that cannot be restored is reported")
  func unrestoredResourceIsReported() async throws {
    try await simulation.apply(.of(.fake("a"), .fake("b", needs: ["a"])))
    world.inject(.applyAfterEffect, into: "a")
    let end = try await apply(.of(.fake("a", 2), .fake("b", 2, needs: ["a"])))
    guard case .rolledBack(let back) = end.end else { return #expect(Bool(false), "\(end.end)") }
    let report = ApplyReport(back)
    #expect(report.entries.first { $0.id == .fake("a") }?.state == .failed)
    #expect(report.exitCode == 1)
  }

  @Test("Applying the newest revision again has no rollback target")
  func sameManifestsHaveNoRollbackTarget() async throws {
    try await simulation.apply(.of(.fake("a")))
    world.remove("a")
    world.inject(.applyBeforeEffect, into: "a")
    let end = try await apply(.of(.fake("a")))
    guard case .kept = end.end else { return #expect(Bool(false), "\(end.end)") }
    #expect(try await simulation.store.quarantines(of: "dev") == [])
  }

  /// Leaves the state of a process that was killed after it recorded the revision and ran the first step.
  private func leaveUnfinished() async throws -> DesiredState {
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    let next = DesiredState.of(.fake("a", 2), .fake("b", 2))
    let preparation = try await simulation.engine.prepare(next)
    world.inject(.stall, into: "b")
    let run = Task {
      try await simulation.engine.convergeAtomically(
        preparation, by: Simulation.authorship, allowances: Allowances())
    }
    await world.state.until { $0.applying.contains(.fake("b")) && $0.things[.fake("a")]?.number == 2 }
    simulation.store.fail(.record, times: 1000)
    simulation.store.fail(.append, times: 1000)
    run.cancel()
    _ = try? await run.value
    simulation.store.fail(.record, times: 0)
    simulation.store.fail(.append, times: 0)
    world.heal("b")
    return next
  }

  @Test("The next controller rolls back the apply of a killed process")
  func nextControllerRollsBack() async throws {
    let next = try await leaveUnfinished()
    #expect(try await simulation.store.latestRevision(of: "dev")?.number == 2)
    simulation.time.advance(TimeSpan(seconds: 60))
    try await simulation.run(from: next) { _ in
      await world.state.until { $0.things[.fake("a")]?.number == 1 && $0.things[.fake("b")]?.number == 1 }
      await simulation.log.until { $0.noteCount(.wentBack) == 1 && $0.noteCount(.revisionQuarantined) == 1 }
    }
    #expect(try await simulation.store.quarantines(of: "dev").map(\.revision) == [2])
  }

  @Test("A running controller rolls back once the apply is no longer renewed")
  func runningControllerRollsBackExpiredApply() async throws {
    let next = try await leaveUnfinished()
    try await simulation.run(from: next) { feed in
      await world.state.until { $0.things[.fake("b")]?.number == 2 }
      await simulation.log.until { $0.status("b")?.isReady == true }
      simulation.time.advance(TimeSpan(seconds: 60))
      feed.yield(.tick)
      await world.state.until { $0.things[.fake("a")]?.number == 1 && $0.things[.fake("b")]?.number == 1 }
    }
  }

  @Test("An unfinished apply can be applied again")
  func unfinishedApplyCanBeRepeated() async throws {
    let next = try await leaveUnfinished()
    let end = try await apply(next)
    guard case .applied = end.end else { return #expect(Bool(false), "\(end.end)") }
    #expect(end.rollbackRevision == 1, "the rollback target is that of the unfinished apply")
    #expect(numbers() == ["a": 2, "b": 2])
    #expect(try await simulation.store.atomicApply(of: "dev") == nil)
  }
}
