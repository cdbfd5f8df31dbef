import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct ExplanationTests {
  private static let start = Timestamp(seconds: 1000)
  private static let now = Timestamp(seconds: 1060)

  /// The stored state of one resource.
  struct Fact: Sendable {
    var name: String
    var condition: (type: Condition.Kind, reason: ConditionReason, message: String)?
    var revision: Int64 = 2
    var failures = 0
    var needs: [String] = []
    /// The resources that its condition waits for.
    var waitsFor: [String] = []
    var isDesired = true
    var mode = ReconcileMode.enforce
    /// The outcome of its newest step: nil for no step, `.some(nil)` while the step runs.
    var step: JournalOutcome??
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let reason: String
    /// The first one is explained.
    let facts: [Fact]
    var quarantined: [Int64: String] = [:]
    var holder: String?
    var pendingRemovals: [PendingRemoval] = []
    /// The names along the chain; `cause` is that of the last.
    let chain: [String]
    let cause: Explanation.Cause
    let next: Explanation.Next
    /// A part of the root's message.
    var message = ""
    /// A part of the first advice.
    var advice = ""
    var testDescription: String { reason }
  }

  private static func blocked(_ reason: ConditionReason, _ message: String)
    -> (Condition.Kind, ConditionReason, String)
  {
    (.blocked, reason, message)
  }
  private static let retry = Explanation.Next.retry(at: Timestamp(seconds: 1064), failures: 3)

  static let cases: [Case] = [
    Case(
      reason: "nothing is wrong", facts: [Fact(name: "a", condition: (.ready, .asDeclared, "as declared"))],
      chain: ["a"], cause: .ready, next: .nothing),
    Case(
      reason: "the manifests no longer declare it, and the quiet period is not over",
      facts: [Fact(name: "a", condition: (.ready, .asDeclared, "as declared"))],
      pendingRemovals: [
        PendingRemoval(
          id: .fake("a"), digest: Digest(of: "a"), losesData: true, since: start,
          dueAt: Timestamp(seconds: 1070))
      ],
      chain: ["a"], cause: .pendingRemoval, next: .removal(at: Timestamp(seconds: 1070)),
      advice: "declare it again to keep it"),
    Case(
      reason: "its step failed, and it is retried later",
      facts: [
        Fact(
          name: "a", condition: (.degraded, .stepFailed, "it broke"), failures: 3,
          step: .some(.failed("it broke", effect: .settled)))
      ], chain: ["a"], cause: .stepFailed, next: retry, message: "‘make it’ failed: it broke",
      advice: "fix what the message reports"),
    Case(
      reason: "its system cannot be observed",
      facts: [Fact(name: "a", condition: (.degraded, .notObserved, "refused the connection"), failures: 3)],
      chain: ["a"], cause: .notObserved, next: retry, message: "refused", advice: "until it is observed"),
    Case(
      reason: "its steps were done and changed nothing",
      facts: [Fact(name: "a", condition: (.degraded, .notConverged, "still differs"), failures: 3)],
      chain: ["a"], cause: .notConverged, next: retry, advice: "diff Fake/a"),
    Case(
      reason: "it is as declared and unhealthy",
      facts: [Fact(name: "a", condition: (.degraded, .kind("HealthCheckFailed"), "503"))], chain: ["a"],
      cause: .unhealthy, next: .check, message: "503"),
    Case(
      reason: "it is starting",
      facts: [Fact(name: "a", condition: (.progressing, .kind("Starting"), "starts"))],
      chain: ["a"], cause: .starting, next: .check),
    Case(
      reason: "the failed resource is three references away",
      facts: [
        Fact(
          name: "a", condition: blocked(.dependencyNotReady, "waits for Fake/b"), needs: ["b"],
          waitsFor: ["b"]),
        Fact(
          name: "b", condition: blocked(.dependencyNotReady, "waits for Fake/c"), needs: ["c"],
          waitsFor: ["c"]),
        Fact(name: "c", condition: (.degraded, .stepFailed, "it broke"), failures: 3),
      ], chain: ["a", "b", "c"], cause: .stepFailed, next: retry, message: "it broke"),
    Case(
      reason: "the resource that it waits for is blocked by a guard",
      facts: [
        Fact(name: "a", condition: blocked(.dependencyNotReady, "waits for Fake/b"), waitsFor: ["b"]),
        Fact(name: "b", condition: blocked(.guarded, "give --allow-prune")),
      ], chain: ["a", "b"], cause: .guarded, next: .person, message: "--allow-prune"),
    Case(
      reason: "its planner waits for a resource that is starting",
      facts: [
        Fact(name: "a", condition: blocked(.waiting, "waits for an engine on Fake/b"), waitsFor: ["b"]),
        Fact(name: "b", condition: (.progressing, .kind("Starting"), "starts")),
      ], chain: ["a", "b"], cause: .starting, next: .after(.fake("b"))),
    Case(
      reason: "its planner waits for something that is not a resource",
      facts: [
        Fact(name: "a", condition: blocked(.waiting, "waits for capacity")),
        Fact(name: "b", condition: (.ready, .asDeclared, "")),
      ], chain: ["a"], cause: .waiting, next: .check),
    Case(
      reason: "the resource that it references is neither declared nor in the inventory",
      facts: [
        Fact(
          name: "a", condition: blocked(.waiting, "waits for Fake/gone, which is not declared"),
          needs: ["gone"], waitsFor: ["gone"])
      ],
      chain: ["a", "gone"], cause: .missing, next: .person, advice: "remove it from Fake/a at spec.needs"),
    Case(
      reason: "the resource that it waits for was never checked",
      facts: [
        Fact(name: "a", condition: blocked(.dependencyNotReady, "waits for Fake/b"), waitsFor: ["b"]),
        Fact(name: "b"),
      ], chain: ["a", "b"], cause: .unchecked, next: .after(.fake("b"))),
    Case(
      reason: "the resource that it waited for is ready by now",
      facts: [
        Fact(name: "a", condition: blocked(.dependencyNotReady, "waits for Fake/b"), waitsFor: ["b"]),
        Fact(name: "b", condition: (.ready, .asDeclared, "")),
      ], chain: ["a"], cause: .waiting, next: .check),
    Case(
      reason: "two resources that wait for each other end the chain",
      facts: [
        Fact(name: "a", condition: blocked(.dependencyNotReady, "waits for Fake/b"), waitsFor: ["b"]),
        Fact(name: "b", condition: blocked(.dependencyNotReady, "waits for Fake/a"), waitsFor: ["a"]),
      ], chain: ["a", "b"], cause: .dependency, next: .check),
    Case(
      reason: "its manifest cannot be applied as written",
      facts: [Fact(name: "a", condition: blocked(.invalid, "the number is negative"))], chain: ["a"],
      cause: .invalid, next: .person, advice: "change its manifest"),
    Case(
      reason: "its manifest pauses it", facts: [Fact(name: "a", condition: blocked(.paused, "paused"))],
      chain: ["a"], cause: .paused, next: .person, advice: "metadata.mode"),
    Case(
      reason: "it differs and is only observed",
      facts: [Fact(name: "a", condition: (.drifted, .drifted, "n 1 → 2"), mode: .observe)], chain: ["a"],
      cause: .drifted, next: .nothing, advice: "metadata.mode"),
    Case(
      reason: "the controller was stopped before it was done",
      facts: [Fact(name: "a", condition: (.progressing, .stopped, "stopped"))], chain: ["a"],
      cause: .interrupted, next: .check, advice: "continues from there"),
    Case(
      reason: "its step was cancelled for a newer revision",
      facts: [
        Fact(name: "a", condition: (.progressing, .superseded, "cancelled because revision 3 is newer"))
      ],
      chain: ["a"], cause: .superseded, next: .check, message: "revision 3"),
    Case(
      reason: "a cancelled call does not end",
      facts: [Fact(name: "a", condition: (.progressing, .callDoesNotEnd, "the call has not returned"))],
      chain: ["a"],
      cause: .stuck, next: .check, advice: "check what keeps its system busy"),
    Case(
      reason: "the controller was killed during its first step",
      facts: [Fact(name: "a", step: .some(nil))], chain: ["a"], cause: .interrupted, next: .check,
      message: "‘make it’"),
    Case(
      reason: "its first step is running, and a live controller holds its lease",
      facts: [Fact(name: "a", step: .some(nil))], holder: "server-1", chain: ["a"], cause: .starting,
      next: .running("make it", since: start), message: "‘make it’ is running"),
    Case(
      reason: "the controller was killed during a step of the newest revision",
      facts: [
        Fact(name: "a", condition: (.ready, .asDeclared, ""), revision: 1, step: .some(.interrupted))
      ], chain: ["a"], cause: .interrupted, next: .check),
    Case(
      reason: "a step is running for a resource that failed before",
      facts: [
        Fact(name: "a", condition: (.degraded, .stepFailed, "it broke"), failures: 1, step: .some(nil))
      ], chain: ["a"], cause: .stepFailed, next: .running("make it", since: start)),
    Case(
      reason: "it was ready, and was not checked for the newest revision",
      facts: [Fact(name: "a", condition: (.ready, .asDeclared, ""), revision: 1)], chain: ["a"],
      cause: .unchecked, next: .check, message: "revision 2", advice: "start a controller"),
    Case(
      reason: "the revision that declares it was rolled back",
      facts: [Fact(name: "a", condition: (.ready, .asDeclared, ""), revision: 1)],
      quarantined: [2: "rolled back by ann"], chain: ["a"], cause: .quarantined, next: .person,
      message: "rolled back by ann", advice: "commit"),
    Case(
      reason: "another controller holds the lease and has recorded no status", facts: [Fact(name: "a")],
      holder: "server-2", chain: ["a"], cause: .heldElsewhere, next: .check, message: "server-2"),
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
          type, true, reason: reason, message: message, waitsFor: fact.waitsFor.map { .fake($0) },
          since: start, observedRevision: fact.revision)
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
    snapshot.pendingRemovals = example.pendingRemovals
    return snapshot
  }

  @Test("The chain ends at the root cause", arguments: cases)
  func chainEndsAtTheRootCause(_ example: Case) {
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
      "a person gets advice")
  }

  @Test("Every cause has a case")
  func everyCauseHasACase() {
    #expect(Set(ExplanationTests.cases.map(\.cause)) == Set(Explanation.Cause.allCases))
  }

  @Test("The JSON contains the explanation")
  func jsonContainsTheExplanation() throws {
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
