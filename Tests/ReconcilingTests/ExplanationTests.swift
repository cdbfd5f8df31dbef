import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct ExplanationTests {
  private static let start = Timestamp(seconds: 1000)
  private static let now = Timestamp(seconds: 1060)

  /// One resource as it is remembered.
  struct Fact: Sendable {
    var name: String
    var condition: (type: Condition.Kind, reason: String, message: String)?
    var revision: Int64 = 2
    var failures = 0
    var needs: [String] = []
    var isDesired = true
    var mode = ReconcileMode.enforce
    /// What became of its newest step; nil for no step.
    var step: JournalOutcome??
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let reason: String
    /// The first is asked about.
    let facts: [Fact]
    var quarantined: [Int64: String] = [:]
    var holder: String?
    /// Names along the chain and the cause at its end.
    let chain: [String]
    let cause: Explanation.Cause
    let next: Explanation.Next
    /// A part of the root's message.
    var message = ""
    /// A part of the first advice.
    var advice = ""
    var testDescription: String { reason }
  }

  private static func blocked(_ reason: String, _ message: String) -> (Condition.Kind, String, String) {
    (.blocked, reason, message)
  }
  private static let retry = Explanation.Next.retry(at: Timestamp(seconds: 1064), failures: 3)

  static let cases: [Case] = [
    Case(
      reason: "nothing is wrong", facts: [Fact(name: "a", condition: (.ready, "AsDeclared", "as declared"))],
      chain: ["a"], cause: .ready, next: .nothing),
    Case(
      reason: "its step failed, and it rests",
      facts: [
        Fact(
          name: "a", condition: (.degraded, "StepFailed", "it broke"), failures: 3,
          step: .some(.failed("it broke")))
      ], chain: ["a"], cause: .stepFailed, next: retry, message: "‘make it’ failed: it broke", advice: "mend"),
    Case(
      reason: "its system cannot be seen",
      facts: [Fact(name: "a", condition: (.degraded, "NotObserved", "refused the connection"), failures: 3)],
      chain: ["a"], cause: .notObserved, next: retry, message: "refused", advice: "until it was seen"),
    Case(
      reason: "its steps were done and changed nothing",
      facts: [Fact(name: "a", condition: (.degraded, "NotConverged", "still differs"), failures: 3)],
      chain: ["a"], cause: .notConverged, next: retry, advice: "diff Fake/a"),
    Case(
      reason: "it is as declared and unwell",
      facts: [Fact(name: "a", condition: (.degraded, "HealthCheckFailed", "503"))], chain: ["a"],
      cause: .unhealthy, next: .look, message: "503"),
    Case(
      reason: "it is starting", facts: [Fact(name: "a", condition: (.progressing, "Starting", "starts"))],
      chain: ["a"], cause: .starting, next: .look),
    Case(
      reason: "the failed one is three resources away",
      facts: [
        Fact(name: "a", condition: blocked("DependencyNotReady", "waits for Fake/b"), needs: ["b"]),
        Fact(name: "b", condition: blocked("DependencyNotReady", "waits for Fake/c"), needs: ["c"]),
        Fact(name: "c", condition: (.degraded, "StepFailed", "it broke"), failures: 3),
      ], chain: ["a", "b", "c"], cause: .stepFailed, next: retry, message: "it broke"),
    Case(
      reason: "what it waits for waits for a guard",
      facts: [
        Fact(name: "a", condition: blocked("DependencyNotReady", "waits for Fake/b")),
        Fact(name: "b", condition: blocked("Guarded", "give --allow-prune")),
      ], chain: ["a", "b"], cause: .guarded, next: .person, message: "--allow-prune"),
    Case(
      reason: "its planner waits for a resource that is starting",
      facts: [
        Fact(name: "a", condition: blocked("Waiting", "waits for an engine on Fake/b.")),
        Fact(name: "b", condition: (.progressing, "Starting", "starts")),
      ], chain: ["a", "b"], cause: .starting, next: .after(.fake("b"))),
    Case(
      reason: "its planner waits for no resource",
      facts: [
        Fact(name: "a", condition: blocked("Waiting", "waits for room on Fake/b")),
        Fact(name: "b", condition: (.ready, "AsDeclared", "")),
      ], chain: ["a"], cause: .waiting, next: .look),
    Case(
      reason: "what it refers to is neither declared nor there",
      facts: [
        Fact(
          name: "a", condition: blocked("Waiting", "waits for Fake/gone, which is not declared"),
          needs: ["gone"])
      ],
      chain: ["a", "gone"], cause: .missing, next: .person, advice: "take it out of Fake/a at spec.needs"),
    Case(
      reason: "what it waits for was never looked at",
      facts: [
        Fact(name: "a", condition: blocked("DependencyNotReady", "waits for Fake/b")), Fact(name: "b"),
      ], chain: ["a", "b"], cause: .notLookedAt, next: .after(.fake("b"))),
    Case(
      reason: "what it waited for is ready by now",
      facts: [
        Fact(name: "a", condition: blocked("DependencyNotReady", "waits for Fake/b")),
        Fact(name: "b", condition: (.ready, "AsDeclared", "")),
      ], chain: ["a"], cause: .waiting, next: .look),
    Case(
      reason: "two that wait for each other do not go on for ever",
      facts: [
        Fact(name: "a", condition: blocked("DependencyNotReady", "waits for Fake/b")),
        Fact(name: "b", condition: blocked("DependencyNotReady", "waits for Fake/a")),
      ], chain: ["a", "b"], cause: .dependency, next: .look),
    Case(
      reason: "it cannot be done as written",
      facts: [Fact(name: "a", condition: blocked("Invalid", "the number is negative"))], chain: ["a"],
      cause: .invalid, next: .person, advice: "change its manifest"),
    Case(
      reason: "its manifest pauses it", facts: [Fact(name: "a", condition: blocked("Paused", "paused"))],
      chain: ["a"], cause: .paused, next: .person, advice: "metadata.mode"),
    Case(
      reason: "it differs and is only observed",
      facts: [Fact(name: "a", condition: (.drifted, "Drifted", "n 1 → 2"), mode: .observe)], chain: ["a"],
      cause: .drifted, next: .nothing, advice: "metadata.mode"),
    Case(
      reason: "the controller was stopped before it was done",
      facts: [Fact(name: "a", condition: (.progressing, "Stopped", "stopped"))], chain: ["a"],
      cause: .interrupted, next: .look, advice: "goes on from there"),
    Case(
      reason: "its step was given up for a newer revision",
      facts: [
        Fact(name: "a", condition: (.progressing, "Superseded", "given up because revision 3 is newer"))
      ],
      chain: ["a"], cause: .superseded, next: .look, message: "revision 3"),
    Case(
      reason: "a call that was given up does not end",
      facts: [Fact(name: "a", condition: (.progressing, "CallDoesNotEnd", "has not let go of it"))],
      chain: ["a"],
      cause: .stuck, next: .look, advice: "what keeps its system busy"),
    Case(
      reason: "the controller was killed during its first step",
      facts: [Fact(name: "a", step: .some(nil))], chain: ["a"], cause: .interrupted, next: .look,
      message: "‘make it’"),
    Case(
      reason: "its first step is under way, and a controller that is alive holds its lease",
      facts: [Fact(name: "a", step: .some(nil))], holder: "server-1", chain: ["a"], cause: .starting,
      next: .underWay("make it", since: start), message: "‘make it’ is under way"),
    Case(
      reason: "the controller was killed during a step of the newest revision",
      facts: [
        Fact(name: "a", condition: (.ready, "AsDeclared", ""), revision: 1, step: .some(.interrupted))
      ], chain: ["a"], cause: .interrupted, next: .look),
    Case(
      reason: "a step is under way for what failed before",
      facts: [
        Fact(name: "a", condition: (.degraded, "StepFailed", "it broke"), failures: 1, step: .some(nil))
      ], chain: ["a"], cause: .stepFailed, next: .underWay("make it", since: start)),
    Case(
      reason: "it was ready, and the newest revision was not looked at",
      facts: [Fact(name: "a", condition: (.ready, "AsDeclared", ""), revision: 1)], chain: ["a"],
      cause: .notLookedAt, next: .look, message: "revision 2", advice: "start a controller"),
    Case(
      reason: "the revision that wants it was rolled back",
      facts: [Fact(name: "a", condition: (.ready, "AsDeclared", ""), revision: 1)],
      quarantined: [2: "rolled back by ann"], chain: ["a"], cause: .quarantined, next: .person,
      message: "rolled back by ann", advice: "commit"),
    Case(
      reason: "another controller has the environment and said nothing yet", facts: [Fact(name: "a")],
      holder: "server-2", chain: ["a"], cause: .heldElsewhere, next: .look, message: "server-2"),
  ]

  private static func snapshot(_ example: Case) -> StatusSnapshot {
    let desired = example.facts.filter(\.isDesired).map { fact in
      AnyResource.fake(fact.name, needs: fact.needs, mode: fact.mode)
    }
    var statuses: [ResourceID: ResourceStatus] = [:]
    var journal: [JournalEntry] = []
    for fact in example.facts {
      let id = ResourceID.fake(fact.name)
      if let (type, reason, message) = fact.condition {
        let condition = Condition(
          type, true, reason: reason, message: message, since: start, observedRevision: fact.revision)
        statuses[id] = ResourceStatus(
          id: id, revision: fact.revision, conditions: [condition], failures: fact.failures,
          nextAttempt: fact.failures > 0 ? Timestamp(seconds: 1064) : nil, mode: fact.mode)
      }
      if let outcome = fact.step {
        let intent = JournalIntent(
          step: StepID(pass: "p", resource: id, index: 0), revision: 2, action: .create, summary: "make it",
          reason: "not there", risk: .safe, at: start)
        journal.append(JournalEntry(intent: intent, outcome: outcome, finishedAt: outcome.map { _ in start }))
      }
    }
    var snapshot = StatusSnapshot(
      now: now, statuses: statuses,
      desired: DesiredState(environment: "dev", allowsMockGPUs: true, resources: desired), revision: 2)
    snapshot.journal = journal
    snapshot.quarantined = example.quarantined
    snapshot.holder = example.holder
    return snapshot
  }

  @Test(arguments: cases) func `the chain ends at the cause`(_ example: Case) {
    let explanation = Explanation(
      of: .fake(example.facts[0].name), in: ExplanationTests.snapshot(example))
    #expect(explanation.chain.map(\.id.name) == example.chain)
    #expect(explanation.root.cause == example.cause)
    #expect(explanation.next == example.next)
    #expect(
      explanation.root.message.contains(example.message) || example.message.isEmpty,
      "\(explanation.root.message)")
    #expect(
      explanation.advice.first?.contains(example.advice) ?? false || example.advice.isEmpty,
      "\(explanation.advice)")
    let hasAdvice = !explanation.advice.isEmpty
    #expect(
      hasAdvice || [.ready, .starting, .superseded].contains(explanation.root.cause),
      "a person is told what to do")
  }

  @Test func `every cause has a case`() {
    #expect(Set(ExplanationTests.cases.map(\.cause)) == Set(Explanation.Cause.allCases))
  }

  @Test func `programs read the same`() throws {
    let example = try #require(ExplanationTests.cases.first { $0.chain.count == 3 })
    let value = Explanation(of: .fake("a"), in: ExplanationTests.snapshot(example)).value(
      now: ExplanationTests.now)
    #expect(value["resource"] == .string("Fake/a") && value["ready"] == .bool(false))
    #expect(
      value["root"]?["cause"] == .string("stepFailed") && value["root"]?["resource"] == .string("Fake/c"))
    #expect(
      value["next"]?["at"] == .string("1970-01-01T00:17:44Z") && value["next"]?["failures"] == .integer(3))
  }
}
