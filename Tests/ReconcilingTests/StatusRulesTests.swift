import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct StatusRulesTests {
  private static let start = Timestamp(seconds: 1000)
  private static let step: AnyStep = Step(
    .update, "change it", because: "differs", operation: FakeOperation.put(1))
  private static let broken = BackendError(code: "fake", "it broke")

  struct Case: Sendable, CustomTestStringConvertible {
    var outcome: ResourcePlan.Outcome
    var result: Executor.Result?
    var verified: ResourcePlan.Outcome?
    var wasApplied = false
    var health = Health.ready
    /// The condition that is true, with its reason.
    let expected: (type: Condition.Kind, reason: ConditionReason)
    var events: [EventReason] = []
    var isFailure = false
    let reason: String
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(outcome: .unchanged, wasApplied: true, expected: (.ready, .asDeclared), reason: "nothing to do"),
    Case(
      outcome: .create, result: .done, verified: .unchanged, expected: (.ready, .asDeclared),
      events: [.applied],
      reason: "created"),
    Case(
      outcome: .update, result: .done, verified: .unchanged, wasApplied: true,
      expected: (.ready, .asDeclared),
      events: [.driftDetected, .driftHealed],
      reason: "applied before, so it drifted and was healed"),
    Case(
      outcome: .update, result: .failed(broken), expected: (.degraded, .stepFailed),
      events: [.condition(.stepFailed)],
      isFailure: true, reason: "a step failed"),
    Case(
      outcome: .create, result: .done, verified: .update, expected: (.degraded, .notConverged),
      events: [.condition(.notConverged)], isFailure: true, reason: "differs although its steps were done"),
    Case(
      outcome: .create, result: .done, verified: .unchanged,
      health: .progressing(reason: "Starting", message: "m"),
      expected: (.progressing, .kind("Starting")), events: [.applied, .condition(.kind("Starting"))],
      reason: "created, and still starting"),
    Case(
      outcome: .unchanged, wasApplied: true, health: .degraded(reason: "Unhealthy", message: "m"),
      expected: (.degraded, .kind("Unhealthy")), events: [.condition(.kind("Unhealthy"))],
      reason: "as declared, and unhealthy"),
    Case(
      outcome: .unknown, wasApplied: true, expected: (.degraded, .notObserved),
      events: [.condition(.notObserved)],
      isFailure: true, reason: "not observed"),
    Case(
      outcome: .create, result: .skipped(because: .fake("b")), expected: (.blocked, .dependencyNotReady),
      events: [.condition(.dependencyNotReady)], reason: "a dependency is not done"),
    Case(
      outcome: .waiting, expected: (.blocked, .waiting), events: [.condition(.waiting)],
      reason: "its planner waits"),
    Case(
      outcome: .blocked, expected: (.blocked, .guarded), events: [.condition(.guarded)],
      reason: "a guard blocks it"),
    Case(
      outcome: .invalid, expected: (.blocked, .invalid), events: [.condition(.invalid)],
      reason: "its manifest is invalid"),
    Case(
      outcome: .paused, expected: (.blocked, .paused), events: [.condition(.paused)],
      reason: "its manifest pauses it"),
    Case(
      outcome: .drifted, wasApplied: true, expected: (.drifted, .drifted),
      events: [.driftDetected, .condition(.drifted)],
      reason: "differs, and is only observed"),
    Case(
      outcome: .create, result: .cancelled, expected: (.progressing, .stopped),
      events: [.condition(.stopped)],
      reason: "the controller stopped"),
  ]

  private func evaluate(_ test: Case, at now: Timestamp, previous: ResourceStatus?) -> ResourceFinding {
    func plan(_ outcome: ResourcePlan.Outcome) -> ResourcePlan {
      let acts = [.create, .update, .drifted].contains(outcome)
      return ResourcePlan(
        id: .fake("a"), outcome: outcome, steps: acts ? [Self.step] : [], waitingOn: "something",
        desired: .fake("a"))
    }
    return StatusRules(now: now, revision: 1, backoff: Backoff()).evaluate(
      StatusRules.Evidence(
        planned: plan(test.outcome), result: test.result, verified: test.verified.map(plan),
        health: test.health,
        wasApplied: test.wasApplied), previous: previous)
  }

  @Test("Conditions and events follow from the evidence", arguments: cases)
  func conditionsAndEventsFollowFromTheEvidence(_ test: Case) throws {
    let finding = evaluate(test, at: Self.start, previous: nil)
    let status = finding.status
    #expect(status.conditions.filter(\.status).map(\.type) == [test.expected.type])
    #expect(status.condition(test.expected.type)?.reason == test.expected.reason)
    #expect(status.condition(.ready)?.reason == test.expected.reason)
    #expect(finding.events.map(\.reason) == test.events)
    #expect(status.failures == (test.isFailure ? 1 : 0))
    #expect((status.nextAttempt != nil) == test.isFailure)
  }

  @Test("The same evidence again changes nothing", arguments: cases)
  func sameEvidenceChangesNothing(_ test: Case) throws {
    let first = evaluate(test, at: Self.start, previous: nil).status
    let second = evaluate(test, at: Self.start + TimeSpan(seconds: 60), previous: first)
    #expect(second.status.conditions == first.conditions, "`since` stays")
    if test.result != .done { #expect(second.events.isEmpty) }
    #expect((second.status == first) == !test.isFailure, "only the number of failures grows")
    #expect(second.status.failures == (test.isFailure ? 2 : 0))
    if let rest = second.status.nextAttempt {
      #expect(rest > Self.start + TimeSpan(seconds: 61), "the rest grows")
    }
  }

  @Test("A ledger whose entries are missing is degraded, and is checked again although nothing failed")
  func missingLedger() {
    let missing = MissingLedger(
      database: .fake("d"), recorded: DataIdentity(id: "1f0c", head: "12:9f"), found: .nothing)
    let plan = ResourcePlan(
      id: .fake("a"), outcome: .blocked, steps: [Self.step], waitingOn: "something", desired: .fake("a"),
      blockedBy: [GuardFinding(.fake("a"), .booksMissing(missing))])
    let finding = StatusRules(now: Self.start, revision: 1, backoff: Backoff()).evaluate(
      StatusRules.Evidence(
        planned: plan, result: nil, verified: nil, health: .ready, wasApplied: true), previous: nil)
    #expect(finding.status.headline?.type == .degraded && finding.status.headline?.reason == .booksMissing)
    #expect(finding.status.isGuarded && !finding.status.isReady && finding.status.failures == 0)
    #expect(!finding.isApplied && finding.nextCheck != nil)
  }

  @Test("A leaving resource is removed once it is gone")
  func leavingResourceIsRemovedOnceGone() {
    let plan = ResourcePlan(id: .fake("a"), outcome: .delete, steps: [Self.step], desired: nil)
    let gone = ResourcePlan(id: .fake("a"), outcome: .delete, desired: nil)
    let rules = StatusRules(now: Self.start, revision: 2, backoff: Backoff())
    func finding(_ planned: ResourcePlan, _ verified: ResourcePlan) -> ResourceFinding {
      rules.evaluate(
        StatusRules.Evidence(
          planned: planned, result: .done, verified: verified, health: .ready, wasApplied: false),
        previous: nil)
    }
    #expect(finding(plan, gone).isRemoved && finding(gone, gone).isRemoved)
    #expect(finding(plan, gone).events.map(\.reason) == [.removed])
    #expect(!finding(plan, plan).isRemoved && finding(plan, plan).status.failures == 1, "it still exists")
  }
}
