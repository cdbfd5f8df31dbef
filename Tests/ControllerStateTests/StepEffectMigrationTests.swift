import ControllerState
import Model
import Postgres
import PostgresSupport
import Reconciling
import ReconcilingSupport
import Testing

/// Migration 7 on a database that version 0.4.0 wrote.
@Suite(.timeLimit(.minutes(1))) struct StepEffectMigrationTests {
  private static let now = Timestamp(seconds: 100)

  /// Applies the migrations before number 7, inserts rows, and applies the rest.
  private static func migrating(
    _ sql: String, _ body: (PostgresStateStore, PostgresPool) async throws -> Void
  ) async throws {
    try await TestDatabase.with { pool in
      try await Migrations(ControllerState.migrations.filter { $0.number < 7 }).apply(to: pool)
      try await pool.script(sql)
      try await Migrations(ControllerState.migrations).apply(to: pool)
      try await body(PostgresStateStore(pool: pool, revive: { _, value in FakeSpec(value) }), pool)
    }
  }

  @Test("The effect of earlier steps follows from their outcomes and messages")
  func effectOfEarlierStepsIsDerived() async throws {
    let sql = """
      INSERT INTO journal
        (environment, pass, resource, step, revision, action, summary, reason, risk, intent_at, outcome,
         outcome_at, error)
      SELECT 'dev', 'p', 'Fake/' || name, 0, 1, 'create', 's', 'r', 'safe', to_timestamp(100), outcome,
        CASE WHEN outcome IS NOT NULL THEN to_timestamp(100) END, error
      FROM (VALUES
        ('done', 'done', NULL), ('failed', 'failed', 'it broke'),
        ('late', 'failed', 'it timed out; it may still take effect'),
        ('remark', 'failed', 'it may still take effect; it broke'), ('interrupted', 'interrupted', NULL),
        ('superseded', 'superseded', 'cancelled'), ('open', NULL, NULL)) AS old (name, outcome, error)
      """
    try await Self.migrating(sql) { store, pool in
      let entries = try await store.journal(of: "dev", id: nil, limit: 10)
      let effects = Dictionary(
        uniqueKeysWithValues: entries.map { ($0.intent.step.resource.name, $0.outcome?.effect) })
      #expect(
        effects == [
          "done": nil, "failed": .settled, "late": .uncertain, "remark": .settled, "interrupted": .uncertain,
          "superseded": .uncertain, "open": nil,
        ])
      let ids = Set(effects.keys.map { ResourceID.fake($0) })
      #expect(
        try await store.unsettled(ids, in: "dev", during: Self.now...Self.now, countingDone: false)
          == [.fake("late"), .fake("interrupted"), .fake("superseded")])
      #expect(try await store.auditHead(of: "dev").count == 0, "the migration is not a mutation")
      let stored = try await pool.query("SELECT count(*) AS count FROM journal WHERE effect IS NOT NULL")
      #expect(try stored.only().int("count") == 5)
    }
  }

  @Test("A step whose effect is not recorded counts as uncertain")
  func missingEffectCountsAsUncertain() async throws {
    try await Self.migrating("SELECT 1") { store, pool in
      let intent = JournalIntent(
        step: StepID(pass: "p", resource: .fake("a"), index: 0), revision: 1, action: .create,
        summary: "create it", reason: "not there", risk: .safe, at: Self.now)
      try await store.append([.intent(intent)], in: "dev")
      try await pool.query(
        "UPDATE journal SET outcome = 'interrupted', outcome_at = $1", [.timestamp(Self.now)])
      #expect(
        try await store.unsettled(
          [.fake("a")], in: "dev", during: Self.now...Self.now, countingDone: false) == [.fake("a")])
    }
  }

  @Test("The resources that earlier conditions wait for are read from their messages")
  func resourcesOfEarlierConditionsAreDerived() async throws {
    func conditions(_ reason: String, _ message: String) -> String {
      """
      [{"message":"\(message)","reason":"\(reason)","revision":1,"since":5,"status":false,"type":"Ready"},\
      {"message":"\(message)","reason":"\(reason)","revision":1,"since":5,"status":true,"type":"Blocked"}]
      """
    }
    let old = [
      ("dependency", "DependencyNotReady", "waits for Fake/b"),
      ("waiting", "Waiting", "waits for Fake/b on Other/c.d."), ("nothing", "Waiting", "waits for n/a"),
      ("guarded", "Guarded", "Fake/b is not allowed"),
    ]
    let rows = old.map { name, reason, message in
      "('dev', 'Fake/\(name)', 1, 'enforce', 0, '\(conditions(reason, message))')"
    }
    let sql = """
      INSERT INTO resource_status (environment, resource, revision, mode, failures, conditions)
      VALUES \(rows.joined(separator: ", "))
      """
    try await Self.migrating(sql) { store, _ in
      let statuses = try await store.statuses(of: "dev")
      func waitsFor(_ name: String) -> [ResourceID]? {
        statuses[.fake(name)]?.condition(.blocked)?.waitsFor
      }
      #expect(waitsFor("dependency") == [.fake("b")])
      #expect(waitsFor("waiting") == [.fake("b"), ResourceID(kind: "Other", name: "c.d")])
      #expect(waitsFor("nothing") == [] && waitsFor("guarded") == [])
      let ready = try #require(statuses[.fake("dependency")]?.condition(.ready))
      #expect(ready.waitsFor == [] && ready.reason == .dependencyNotReady)
      #expect(ready.message == "waits for Fake/b" && ready.since == Timestamp(microseconds: 5))
    }
  }
}
