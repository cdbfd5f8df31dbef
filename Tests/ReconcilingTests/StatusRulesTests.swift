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
    /// The condition that is true, and why.
    let expected: (type: Condition.Kind, reason: String)
    var events: [String] = []
    var isFailure = false
    let reason: String
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(outcome: .unchanged, wasApplied: true, expected: (.ready, "AsDeclared"), reason: "nothing to do"),
    Case(
      outcome: .create, result: .done, verified: .unchanged, expected: (.ready, "AsDeclared"),
      events: ["Applied"],
      reason: "made"),
    Case(
      outcome: .update, result: .done, verified: .unchanged, wasApplied: true,
      expected: (.ready, "AsDeclared"),
      events: ["DriftDetected", "DriftHealed"],
      reason: "the same was applied before, so it drifted and was healed"),
    Case(
      outcome: .update, result: .failed(broken), expected: (.degraded, "StepFailed"), events: ["StepFailed"],
      isFailure: true, reason: "a step failed"),
    Case(
      outcome: .create, result: .done, verified: .update, expected: (.degraded, "NotConverged"),
      events: ["NotConverged"], isFailure: true, reason: "differs although its steps were done"),
    Case(
      outcome: .create, result: .done, verified: .unchanged,
      health: .progressing(reason: "Starting", message: "m"),
      expected: (.progressing, "Starting"), events: ["Applied", "Starting"],
      reason: "made, and still starting"),
    Case(
      outcome: .unchanged, wasApplied: true, health: .degraded(reason: "Unhealthy", message: "m"),
      expected: (.degraded, "Unhealthy"), events: ["Unhealthy"], reason: "as declared, and unwell"),
    Case(
      outcome: .unknown, wasApplied: true, expected: (.degraded, "NotObserved"), events: ["NotObserved"],
      isFailure: true, reason: "could not be seen"),
    Case(
      outcome: .create, result: .skipped(because: .fake("b")), expected: (.blocked, "DependencyNotReady"),
      events: ["DependencyNotReady"], reason: "what it needs is not there"),
    Case(
      outcome: .waiting, expected: (.blocked, "Waiting"), events: ["Waiting"], reason: "its planner waits"),
    Case(outcome: .blocked, expected: (.blocked, "Guarded"), events: ["Guarded"], reason: "a guard holds it"),
    Case(outcome: .invalid, expected: (.blocked, "Invalid"), events: ["Invalid"], reason: "cannot be done"),
    Case(outcome: .paused, expected: (.blocked, "Paused"), events: ["Paused"], reason: "a person paused it"),
    Case(
      outcome: .drifted, wasApplied: true, expected: (.drifted, "Drifted"),
      events: ["DriftDetected", "Drifted"],
      reason: "differs, and is only watched"),
    Case(
      outcome: .create, result: .cancelled, expected: (.progressing, "Stopped"), events: ["Stopped"],
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

  @Test(arguments: cases) func `conditions and events`(_ test: Case) throws {
    let finding = evaluate(test, at: Self.start, previous: nil)
    let status = finding.status
    #expect(status.conditions.filter(\.status).map(\.type) == [test.expected.type])
    #expect(status.condition(test.expected.type)?.reason == test.expected.reason)
    #expect(status.condition(.ready)?.reason == test.expected.reason)
    #expect(finding.events.map(\.reason) == test.events)
    #expect(status.failures == (test.isFailure ? 1 : 0))
    #expect((status.nextAttempt != nil) == test.isFailure)
  }

  @Test(arguments: cases) func `the same again says nothing new`(_ test: Case) throws {
    let first = evaluate(test, at: Self.start, previous: nil).status
    let second = evaluate(test, at: Self.start + TimeSpan(seconds: 60), previous: first)
    #expect(second.status.conditions == first.conditions, "`since` stays")
    if test.result != .done { #expect(second.events.isEmpty) }
    #expect((second.status == first) == !test.isFailure, "only a failure counts on")
    #expect(second.status.failures == (test.isFailure ? 2 : 0))
    if let rest = second.status.nextAttempt {
      #expect(rest > Self.start + TimeSpan(seconds: 61), "the rest grows")
    }
  }

  @Test func `what leaves is removed once it is gone`() {
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
    #expect(finding(plan, gone).events.map(\.reason) == ["Removed"])
    #expect(!finding(plan, plan).isRemoved && finding(plan, plan).status.failures == 1, "it is still there")
  }
}
