import ArgumentParser
import Gateway
import Ledger
import Manifests
import Model
import Reconciling
import Testing

@testable import ControlPlane
@testable import rendertrust

/// Answers of the API, encoded and decoded.
@Suite struct RoundTripTests {
  private static let time = Timestamp(microseconds: 1_790_000_000_123_456)
  private static let id = ResourceID(kind: "Ledger", name: "credits")
  private static let status = ResourceStatus(
    id: id, revision: 3,
    conditions: Condition.Kind.allCases.map {
      Condition($0, $0 != .ready, reason: .stepFailed, message: "‘x’\n", since: time, observedRevision: 2)
    }, failures: 4, nextAttempt: time, mode: .observe)
  private static let event = Event(
    at: time, id: nil, isWarning: true, reason: .driftDetected, message: "m", revision: 1)
  private static let revision = Revision(
    number: 3, environment: "dev", manifestDigest: Digest(of: "x"), createdAt: time, actor: "olga (API)",
    commit: "abc", message: "apply dev")

  /// Encodes and decodes.
  private func check<Answer: JSONRepresentable>(_ answer: Answer) throws {
    let text = answer.value.json
    let read = try #require(Answer(try Value(json: text)), "\(text)")
    #expect(read.value.json == text)
    #expect(Answer(.null) == nil && Answer(.members([:])) == nil)
  }

  @Test("Statuses, events, revisions and steps")
  func records() throws {
    try check(Self.status)
    try check(Self.event)
    try check(Self.revision)
    for outcome in [nil, .done, .failed("f", effect: .uncertain), .interrupted, .superseded("s")]
      as [JournalOutcome?]
    {
      let entry = JournalEntry(
        intent: JournalIntent(
          step: StepID(pass: "p", resource: Self.id, index: 2), revision: 1, action: .maintain,
          summary: "s", reason: "r", risk: .disruptive, at: Self.time,
          fields: [FieldChange("a", from: nil, to: .integer(1))]), outcome: outcome,
        finishedAt: outcome == nil ? nil : Self.time)
      #expect(JournalEntry(try Value(json: entry.value.json)) == entry)
      var description = ResourceDescription(now: Self.time)
      description.status = Self.status
      description.steps = [entry]
      description.events = [Self.event]
      try check(description)
    }
    #expect(ResourceStatus(Self.status.value) == Self.status && Event(Self.event.value) == Self.event)
    #expect(Revision(Self.revision.value) == Self.revision)
    let entry = RevisionEntry.QuarantineEntry(
      Quarantine(digest: Digest(of: "x"), revision: 3, reason: "r", actor: "a", at: Self.time))
    try check(
      RecordList(now: Self.time, records: [RevisionEntry(revision: Self.revision, quarantine: entry)]))
  }

  @Test("Explanations with every next action")
  func explanations() throws {
    var snapshot = StatusSnapshot(
      now: Self.time, statuses: [Self.id: Self.status], desired: nil, revision: 3)
    let step = JournalIntent(
      step: StepID(pass: "p", resource: Self.id, index: 0), revision: 3, action: .create, summary: "make it",
      reason: "r", risk: .safe, at: Self.time)
    let journals: [[JournalEntry]] = [[], [JournalEntry(intent: step, outcome: nil, finishedAt: nil)]]
    for journal in journals {
      snapshot.journal = journal
      for id in [Self.id, ResourceID(kind: "Node", name: "gone")] {
        let explanation = Explanation(of: id, in: snapshot)
        #expect(Explanation(explanation.value(now: Self.time)) == explanation)
        try check(
          WhyQuery.Answer(
            explanation: explanation, now: Self.time, headlines: [Self.id: "Degraded"], events: [Self.event],
            drains: [
              RunningDrain(
                module: ResourceID(kind: "Module", name: "echo"), node: ResourceID(kind: "Node", name: "a"),
                reason: "its image changed", until: Self.time, jobs: ["0m2k7r1zq8v4h6tc"])
            ]))
      }
    }
  }

  @Test("Leases keep the order of controllers")
  func leases() throws {
    var table = LeaseTable()
    for number in 0..<3 {
      let replica = ControllerReplica(name: "up-\(number)", role: "up", host: "h", isExclusive: number == 2)
      _ = table.record(ControllerHeartbeat(replica), now: Self.time)
    }
    let read = try #require(LeaseTable(table.value(now: Self.time)))
    #expect(read.value(now: Self.time) == table.value(now: Self.time))
    try check(LeasesQuery.Answer(environment: "dev", table: table, now: Self.time))
  }

  @Test("Diagnostics keep the line and column of the caller's file")
  func diagnostics() throws {
    let bundle = ManifestBundle(
      files: [ManifestBundle.File(name: "a/b.yaml", text: "kind: Nod\nmetadata: {name: x}\n")])
    let result = try Platform.schemasOnly().load(bundle: bundle)
    #expect(!result.isEmpty)
    for diagnostic in result {
      let read = try #require(Diagnostic(try Value(json: diagnostic.value.json)))
      #expect(read.rendered(color: true) == diagnostic.rendered(color: true))
      #expect(read.rendered(color: false).hasPrefix("a/b.yaml:"))
    }
    try check(bundle)
  }

  @Test("A failure keeps its message and its code")
  func failures() throws {
    for failure in [
      CommandFailure.failed("f"), .missing("m"), .usage("u"), .blocked("b"),
      .unavailable("x"),
      .invalid([Diagnostic(at: SourceLocation(file: "a", line: 1, column: 2), "wrong", hint: "h")]),
    ] {
      let read = CommandFailure(failure.value, status: nil)
      #expect(read.message == failure.message && read.code == failure.code)
      #expect(read.diagnostics == failure.diagnostics)
      let (status, answered) = try #require(problem(of: failure))
      let remote = CommandFailure(answered, status: status)
      #expect(remote.message == failure.message && remote.code == failure.code)
    }
  }
}

/// The status and the body of the API response.
private func problem(of failure: CommandFailure) -> (status: Int, Value)? {
  switch failure.response {
  case .problem(let problem):
    (problem.status, .members(["code": .string(problem.code), "detail": .string(problem.detail)]))
  case .json(let status, let value): (status, value)
  case .encodedJSON, .events: nil
  }
}

extension Platform {
  /// The problems of manifests.
  fileprivate func load(bundle: ManifestBundle) -> [Diagnostic] {
    do throws(OperationError) {
      let loaded: LoadedManifests = try load(bundle)
      _ = loaded
      return []
    } catch {
      return error.diagnostics
    }
  }
}
