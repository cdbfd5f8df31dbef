import ControllerState
import Model
import Postgres
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct AuditContractTests {
  private static let now = Timestamp(microseconds: 1_700_000_000_120_000)
  private static let fields = [
    FieldChange("n", from: nil, to: .string("\"quoted\" ä\n\u{7f}")),
    FieldChange("m", from: .null, to: .array([.integer(1), .decimal("0.5")])),
  ]

  private static func intent(_ name: String, _ index: Int = 0, revision: Int64 = 1) -> JournalIntent {
    JournalIntent(
      step: StepID(pass: "p1", resource: .fake(name), index: index), revision: revision, action: .replace,
      summary: "do \"it\"", reason: "differs", risk: .disruptive, at: now, fields: fields)
  }

  private static func verify(_ store: any AuditTrail, environment: String = "dev") async throws
    -> AuditFinding?
  {
    var verification = AuditVerification()
    while true {
      let page = try await store.audit(of: environment, after: verification.head.count, limit: 7)
      if page.isEmpty { break }
      if let finding = verification.append(page) { return finding }
    }
    return verification.finish(at: try await store.auditHead(of: environment))
  }

  @Test("Every mutation appends one entry with actor, action and outcome", arguments: StoreUnderTest.allCases)
  func mutationAppendsOneEntry(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      #expect(try await store.auditHead(of: "dev") == .beginning)
      let first = try await store.record(.fake("a"), .fake("b"))
      try await store.record(.fake("b"), .fake("a"))
      #expect(
        try await store.auditHead(of: "dev").count == 1, "recording the same manifests is not a mutation")
      let (a, b, c) = (Self.intent("a"), Self.intent("b"), Self.intent("c", revision: 9))
      try await store.append([.intent(a), .intent(b), .intent(c)], in: "dev")
      #expect(try await store.auditHead(of: "dev").count == 1, "an intent is not a mutation")
      try await store.append(
        [
          .outcome(a.step, .done, at: Self.now),
          .outcome(b.step, .failed("it \\ broke", effect: .settled), at: Self.now),
        ],
        in: "dev")
      _ = try await store.closeOpenIntents(in: "dev", at: Self.now)
      _ = try await store.closeOpenIntents(in: "dev", at: Self.now)
      let texts = try await store.audit(of: "dev", after: 0, limit: 100)
      #expect(texts.map(\.sequence) == [1, 2, 3, 4])
      let records = texts.compactMap(\.record)
      #expect(records.map(\.action.rawValue) == ["revision", "replace", "replace", "replace"])
      #expect(records[0].diff.map(\.path) == ["manifests", "Fake/a", "Fake/b"])
      #expect(records[0].diff[0].to == .string(first.manifestDigest.description))
      #expect(records[0].reason == "2 added, 0 changed, 0 removed" && records[0].actor == "tester")
      #expect(
        records[1] == AuditRecord(a, .done, at: Self.now, actor: "tester", commit: "abc"), "\(texts[1].text)")
      #expect(
        records[2]
          == AuditRecord(
            b, .failed("it \\ broke", effect: .settled), at: Self.now, actor: "tester", commit: "abc"))
      #expect(records[3] == AuditRecord(c, .interrupted, at: Self.now, actor: nil, commit: nil))
      #expect(try await store.audit(of: "dev", id: .fake("b"), limit: 9) == [texts[2]])
      #expect(try await store.audit(of: "dev", id: nil, limit: 2) == [texts[3], texts[2]])
      #expect(try await Self.verify(store) == nil)
      #expect(try await store.auditHead(of: "prod") == .beginning)
      #expect(try await store.journal(of: "dev", id: .fake("a"), limit: 1).first?.intent == a)
    }
  }

  @Test("A rollback is recorded as a rollback", arguments: StoreUnderTest.allCases)
  func rollbackIsRecorded(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      try await store.record(.fake("a"))
      try await store.record(.fake("a", 2))
      let rollback = Authorship(actor: "ann", commit: nil, message: "rollback to 1", action: .rollback)
      _ = try await store.record(.of(.fake("a")), by: rollback, at: Self.now)
      let record = try #require(try await store.audit(of: "dev", id: nil, limit: 1).first?.record)
      #expect(record.action == .rollback && record.revision == 3 && record.summary == "rollback to 1")
      #expect(record.diff.last?.path == "Fake/a" && record.reason == "0 added, 1 changed, 0 removed")
      #expect(try await Self.verify(store) == nil)
    }
  }

  @Test("Both stores write the same text")
  func storesWriteTheSameText() async throws {
    let texts = Watched<[[AuditEntry]]>([])
    for store in StoreUnderTest.allCases {
      try await store.with { store in
        try await store.record(.fake("a"))
        try await store.append([.intent(Self.intent("a"))], in: "dev")
        try await store.append([.outcome(Self.intent("a").step, .done, at: Self.now)], in: "dev")
        let entry = Quarantine(
          digest: Digest(of: "x"), revision: 1, reason: "it \"broke\"", actor: "ann", at: Self.now)
        try await store.quarantine([entry], in: "dev")
        try await store.quarantine([entry], in: "dev")
        for _ in 0..<2 {
          let later = Self.now + TimeSpan(seconds: 1)
          _ = try await store.liftQuarantine(of: entry.digest, in: "dev", by: "bob", at: later)
        }
        let entries = try await store.audit(of: "dev", after: 0, limit: 9)
        #expect(
          entries.compactMap(\.record).map(\.action.rawValue).suffix(3) == ["replace", "quarantine", "lift"])
        #expect(entries.last?.record?.actor == "bob")
        texts.change { $0.append(entries) }
      }
    }
    #expect(texts.value.count == 2 && texts.value[0] == texts.value[1])
  }

  @Test("Concurrent writers append to one chain without gaps")
  func concurrentWritersAppendToOneChain() async throws {
    try await StoreUnderTest.withPostgres { store in
      try await store.record(.fake("a"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<6 {
          group.addTask {
            for round in 0..<20 {
              let intents = (0..<3).map { Self.intent("w\(writer)-\(round)", $0) }
              try await store.append(intents.map { .intent($0) }, in: "dev")
              try await store.append(intents.map { .outcome($0.step, .done, at: Self.now) }, in: "dev")
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await store.auditHead(of: "dev").count == 361)
      #expect(try await Self.verify(store) == nil)
    }
  }

  struct Tampering: CustomTestStringConvertible, Sendable {
    let reason: String
    let sql: String
    let kind: AuditFinding.Kind
    let sequence: Int64
    var testDescription: String { reason }
  }

  static let tamperings = [
    Tampering(
      reason: "the actor of an entry is changed",
      sql: "UPDATE audit SET entry = replace(entry, 'tester', 'eve') WHERE sequence = 3", kind: .changed,
      sequence: 3),
    Tampering(
      reason: "an entry is deleted", sql: "DELETE FROM audit WHERE sequence = 2", kind: .missing,
      sequence: 2),
    Tampering(
      reason: "the last entry is deleted", sql: "DELETE FROM audit WHERE sequence = 5", kind: .missing,
      sequence: 5),
    Tampering(
      reason: "two entries change places",
      sql: """
        UPDATE audit SET sequence = -sequence WHERE sequence IN (3, 4);
        UPDATE audit SET sequence = 7 + sequence WHERE sequence < 0
        """, kind: .reordered, sequence: 3),
    Tampering(
      reason: "an entry is inserted again",
      sql: "INSERT INTO audit SELECT environment, 6, entry, hash FROM audit WHERE sequence = 5",
      kind: .inserted,
      sequence: 5),
  ]

  @Test("Verification finds changes made with SQL", arguments: tamperings)
  func verificationFindsChanges(_ tampering: Tampering) async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      for number in 1...5 { try await store.record(.fake("a", number)) }
      #expect(try await Self.verify(store) == nil)
      try await pool.script(tampering.sql)
      let finding = try await Self.verify(store)
      #expect(finding?.kind == tampering.kind && finding?.sequence == tampering.sequence, "\(finding as Any)")
    }
  }
}
