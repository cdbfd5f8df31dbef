import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EngineTests {
  @Test("An apply runs in order, and a repeated apply writes nothing")
  func repeatedApplyWritesNothing() async throws {
    let simulation = Simulation()
    let desired = DesiredState.of(.fake("a"), .fake("b", needs: ["a"]), .fake("c", needs: ["b"]))
    try await simulation.apply(desired)
    #expect(simulation.world.things.count == 3)
    #expect(simulation.world.state.value.violations == [])
    let entries = try await simulation.store.journal(of: "dev", id: nil, limit: 10)
    #expect(entries.map(\.intent.step.resource.name) == ["c", "b", "a"])
    #expect(entries.allSatisfy { $0.outcome == .done })
    let saves = simulation.store.callCount(.save)
    let again = try await simulation.apply(desired)
    #expect(again.revision.number == 1)
    #expect(again.passes.allSatisfy { !$0.plan.hasChanges })
    #expect(simulation.store.callCount(.save) == saves, "nothing changed, so nothing is written")
    #expect(simulation.store.callCount(.claim) == 1)
  }

  @Test("An intent is stored before its step starts")
  func intentIsStoredBeforeItsStep() async throws {
    let store = MemoryStateStore()
    let open = Watched<[ResourceID: Bool]>([:])
    let world = FakeWorld { id in
      let newest = try? await store.journal(of: "dev", id: id, limit: 1).first
      open.change { $0[id] = newest.map { $0.outcome == nil } ?? false }
    }
    let simulation = Simulation(world: world, store: store)
    try await simulation.apply(.of(.fake("a"), .fake("b"), .fake("c", needs: ["a"])))
    #expect(open.value == [.fake("a"): true, .fake("b"): true, .fake("c"): true])
  }

  @Test("No step runs without a journal")
  func noStepRunsWithoutJournal() async throws {
    let simulation = Simulation()
    let preparation = try await simulation.engine.prepare(.of(.fake("a"), .fake("b", needs: ["a"])))
    simulation.store.fail(.append, times: 100)
    let report = try await simulation.engine.perform(preparation)
    #expect(simulation.world.state.value.applyCounts.isEmpty)
    #expect(report.results[.fake("b")] == .skipped(because: .fake("a")))
    #expect(report.findings[.fake("a")]?.status.failures == 1)
  }

  @Test("A failure stops its dependents and nothing else")
  func failureStopsOnlyDependents() async throws {
    let simulation = Simulation()
    simulation.world.inject(.applyBeforeEffect, into: "a")
    let convergence = try await simulation.apply(
      .of(.fake("a"), .fake("b", needs: ["a"]), .fake("c"), .fake("d", needs: ["c"])))
    #expect(Set(simulation.world.things.keys.map(\.name)) == ["c", "d"])
    let status = try #require(convergence.findings[.fake("b")]?.status)
    #expect(status.condition(.blocked)?.message == "waits for Fake/a" && status.failures == 0)
    #expect(convergence.findings[.fake("a")]?.status.condition(.degraded)?.reason == .stepFailed)
  }

  @Test("A resource whose dependency cannot be observed is not claimed")
  func resourceWithUnobservedDependencyIsNotClaimed() async throws {
    let simulation = Simulation()
    simulation.world.inject(.observe, into: "a")
    try await simulation.apply(.of(.fake("a"), .fake("b", needs: ["a"])))
    #expect(try await simulation.store.inventory(of: "dev", knowing: []).isEmpty)
  }

  @Test("A leaving resource is not forgotten while a step may still take effect")
  func leavingResourceIsKeptWhileAStepMayTakeEffect() async throws {
    let simulation = Simulation()
    try await simulation.apply(.of(.fake("a"), .fake("b"), .fake("c"), .fake("d")))
    let step = StepID(pass: "interrupted", resource: .fake("d"), index: 0)
    let intent = JournalIntent(
      step: step, revision: 1, action: .create, summary: "create it", reason: "not there", risk: .safe,
      at: simulation.time.now)
    try await simulation.store.append([.intent(intent)], in: "dev")
    let desired = DesiredState.of(.fake("a"), .fake("b"), .fake("c"))
    let convergence = try await simulation.apply(desired)
    #expect(convergence.findings[.fake("d")]?.status.condition(.progressing)?.reason == .settling)
    simulation.world.put("d", 1)
    simulation.time.advance(TimeSpan(seconds: 61))
    try await simulation.apply(desired)
    #expect(simulation.world.things.count == 3)
    #expect(try await simulation.store.inventory(of: "dev", knowing: []).count == 3)
  }

  @Test("A claimed resource is observed with its former spec too")
  func claimedResourceIsObservedWithItsFormerSpec() async throws {
    let simulation = Simulation()
    let desired = DesiredState.of(.fake("a"), .fake("b"))
    try await simulation.apply(desired)
    let before = simulation.world.observeCount("a")
    try await simulation.store.claim(
      ClaimRequest([.fake("a", 2)], mark: "dev", at: Timestamp(seconds: 1)), in: "dev", revision: 1)
    try await simulation.store.claim(
      ClaimRequest([.fake("a")], mark: "dev", at: Timestamp(seconds: 1)), in: "dev", revision: 1)
    try await simulation.store.disclaim([.fake("a")], in: "dev", revision: 1, at: Timestamp(seconds: 1))
    _ = try await simulation.engine.prepare(desired)
    #expect(simulation.world.observeCount("a") == before + 2)
    #expect(simulation.world.observeCount("b") == before + 1)
  }

  @Test("A graceful stop finishes running steps and starts none")
  func gracefulStopStartsNothing() async throws {
    let simulation = Simulation()
    simulation.world.inject(.hang, into: "a")
    let preparation = try await simulation.engine.prepare(.of(.fake("a"), .fake("b", needs: ["a"])))
    async let report = simulation.engine.perform(preparation)
    await simulation.world.state.until { $0.applying.contains(.fake("a")) }
    simulation.engine.gracefulStop.request()
    simulation.world.heal("a")
    #expect(try await report.results == [.fake("a"): .done, .fake("b"): .cancelled])
    #expect(simulation.world.applyCount("b") == 0)
    #expect(try await simulation.store.journal(of: "dev", id: nil, limit: 9).map(\.outcome) == [.done])
  }

  @Test("A resource that cannot be observed is neither created again nor deleted")
  func unobservedResourceIsNotChanged() async throws {
    let simulation = Simulation()
    try await simulation.apply(.of(.fake("a"), .fake("b"), .fake("c"), .fake("d")))
    for name in ["a", "b"] { simulation.world.inject(.observe, into: name) }
    let convergence = try await simulation.apply(.of(.fake("a", 2), .fake("c"), .fake("d")))
    #expect(simulation.world.things.count == 4)
    #expect(simulation.world.applyCount("a") == 1 && simulation.world.applyCount("b") == 1)
    for name in ["a", "b"] {
      let status = convergence.findings[.fake(name)]?.status
      #expect(status?.condition(.degraded)?.reason == .notObserved)
    }
    #expect(try await simulation.store.inventory(of: "dev", knowing: []).count == 4)
  }

  @Test("A step without an effect is detected")
  func stepWithoutEffectIsDetected() async throws {
    let simulation = Simulation()
    simulation.world.inject(.lie, into: "a")
    let convergence = try await simulation.apply(.of(.fake("a")))
    let status = try #require(convergence.findings[.fake("a")]?.status)
    #expect(status.condition(.degraded)?.reason == .notConverged && status.failures == 1)
    #expect(try await simulation.store.inventory(of: "dev", knowing: [])[.fake("a")]?.digest == nil)
  }

  @Test("A waiting resource and its dependents continue once the prerequisite is done")
  func waitingResourceContinues() async throws {
    let simulation = Simulation()
    simulation.world.state.change { $0.gates = [.fake("a"): .fake("z")] }
    let convergence = try await simulation.apply(.of(.fake("a"), .fake("b", needs: ["a"]), .fake("z")))
    #expect(simulation.world.things.count == 3)
    #expect(convergence.passes.count == 2)
    #expect(convergence.findings.values.allSatisfy { $0.status.isReady })
  }

  @Test("A resource in mode observe is never removed")
  func observedResourceIsNeverRemoved() async throws {
    let simulation = Simulation()
    simulation.world.put("a", 1)
    try await simulation.apply(.of(.fake("a", mode: .observe), .fake("b")))
    try await simulation.apply(.of(.fake("b")))
    #expect(simulation.world.things.count == 2)
    #expect(try await simulation.store.statuses(of: "dev").keys.map(\.name) == ["b"], "its status is gone")
  }

  @Test("Finished resources are recorded while others still run")
  func finishedResourcesAreRecordedEarly() async throws {
    let simulation = Simulation()
    simulation.world.inject(.hang, into: "slow")
    let preparation = try await simulation.engine.prepare(.of(.fake("a"), .fake("slow")))
    async let report = simulation.engine.perform(preparation)
    await simulation.world.state.until { $0.things[.fake("a")] != nil && !$0.applying.contains(.fake("a")) }
    while simulation.log.value.settledCount("a") == 0 {
      try Task.checkCancellation()
      await simulation.time.sleepers(1)
      simulation.time.advance(TimeSpan(seconds: 1))
      await Task.yield()
    }
    #expect(simulation.log.value.status("a")?.isReady == true)
    #expect(simulation.log.value.settledCount("slow") == 0)
    simulation.world.heal("slow")
    #expect(try await report.findings.count == 2)
    #expect(simulation.log.value.settledCount("a") == 1)
  }

  @Test("A scoped pass waits for dependencies outside of its scope")
  func scopedPassWaitsForOutsideDependencies() async throws {
    let simulation = Simulation()
    let desired = DesiredState.of(
      .fake("a"), .fake("b", needs: ["a"]), .fake("p", mode: .paused), .fake("q", needs: ["p"]))
    func results(_ names: String...) async throws -> [ResourceID: Executor.Result] {
      let scope = Set(names.map { ResourceID.fake($0) })
      let preparation = try await simulation.engine.prepare(desired, revision: 1, scope: scope, leaving: [])
      return try await simulation.engine.perform(preparation).results
    }
    #expect(try await results("b", "q") == [.fake("b"): .skipped(because: .fake("a")), .fake("q"): .done])
    #expect(try await results("a") == [.fake("a"): .done])
    #expect(try await results("b") == [.fake("b"): .done])
  }

  @Test("A scoped pass deletes nothing that other resources still use")
  func scopedPassDeletesNothingInUse() async throws {
    let simulation = Simulation()
    let others = (0..<10).map { AnyResource.fake("other\($0)") }
    func desired(_ resources: AnyResource...) -> DesiredState {
      DesiredState(environment: "dev", allowsMockGPUs: true, resources: resources + others)
    }
    try await simulation.apply(desired(.fake("a"), .fake("b", needs: ["a"])))
    let next = desired(.fake("b"))
    func result(_ name: String) async throws -> Executor.Result? {
      let preparation = try await simulation.engine.prepare(
        next, revision: 2, scope: [.fake(name)], leaving: [.fake("a")])
      return try await simulation.engine.perform(preparation).results[.fake(name)]
    }
    #expect(try await result("a") == nil, "b was built on it")
    simulation.world.state.change { $0.things[.fake("b")]?.number = 9 }
    #expect(try await result("b") == .done)
    #expect(try await result("a") == .done)
    #expect(simulation.world.state.value.violations == [])
  }
}
