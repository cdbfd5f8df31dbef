import ControllerState
import Model
import Postgres
import PostgresSupport
import Reconciling
import ReconcilingSupport
import Testing

/// A rename is one transaction.
@Suite(.timeLimit(.minutes(2))) struct EnvironmentRenamingTests {
  private static let time = Timestamp(seconds: 500)
  private static let tables = [
    "inventory", "resource_status", "claims", "environment_marks", "revisions", "revision_entries",
    "quarantine", "audit", "audit_heads", "forgotten_environments", "leases", "replicas", "pending_removals",
    "journal", "events", "atomic_applies", "gates",
  ]
  /// The writes of the rename of this environment.
  private static let writes = [
    ("inventory", "UPDATE"), ("claims", "UPDATE"), ("environment_marks", "UPDATE"), ("revisions", "INSERT"),
    ("revision_entries", "INSERT"), ("quarantine", "UPDATE"), ("quarantine", "INSERT"), ("audit", "INSERT"),
    ("forgotten_environments", "INSERT"), ("leases", "UPDATE"), ("replicas", "DELETE"), ("gates", "UPDATE"),
    ("controller_identity", "UPDATE"),
  ]

  /// An environment `h1` with one applied resource that holds a database, a quarantine, the lease of a
  /// controller that ended, and a row of another module.
  private func withEnvironment(
    _ body: (PostgresStateStore, PostgresPool, FencingTokens) async throws -> Void
  ) async throws {
    try await StoreUnderTest.withDatabase { store, pool in
      let resource = AnyResource.fake("a")
      _ = try await store.owner(proposal: "c1")
      let bad = try await store.record(.fake("a", 2), environment: "h1")
      let revision = try await store.record(resource, environment: "h1")
      try await store.quarantine(
        [
          Quarantine(
            digest: bad.manifestDigest, revision: bad.number, reason: "it broke", actor: "ada", at: Self.time)
        ], in: "h1")
      let claim = ThingClaim(
        .database(.embedded(database: "shop")), field: "spec", role: "database", holdsData: true)
      try await store.claim(
        ClaimRequest([resource], claims: [resource.id: [claim]], mark: "h1", at: Self.time), in: "h1",
        revision: revision.number)
      var changes = StatusChanges(revision: revision.number)
      changes.applied = [resource]
      changes.claims = [resource.id: [claim]]
      try await store.save(changes, in: "h1")
      let replica = ControllerReplica(name: "r", role: "up", host: "box")
      let status = try await store.recordHeartbeat(ControllerHeartbeat(replica, released: []), in: "h1")
      try await pool.query("UPDATE replicas SET expires_at = now() - interval '1 second'")
      try await pool.query("CREATE TABLE gates (name text PRIMARY KEY)")
      try await pool.query("INSERT INTO gates VALUES ('h1')")
      try await body(store, pool, FencingTokens(replica: "r", tokens: status.tokens))
    }
  }

  private static let gates = [Statement("UPDATE gates SET name = 'h2' WHERE name = 'h1'")]

  private func rename(_ store: PostgresStateStore, to name: String = "h2") async -> StoreError? {
    do throws(StoreError) {
      try await store.renameEnvironment("h1", to: name, by: "ada", at: Self.time, with: Self.gates)
      return nil
    } catch {
      return error
    }
  }

  private func content(_ pool: PostgresPool) async throws -> [String: String] {
    var content: [String: String] = [:]
    for table in Self.tables {
      content[table] = try await pool.query(
        "SELECT coalesce(json_agg(t ORDER BY t::text)::text, '') FROM \(table) AS t"
      ).only().text(0)
    }
    return content
  }

  @Test("An error at any of its writes leaves everything under the former name")
  func failures() async throws {
    try await withEnvironment { store, pool, _ in
      try await pool.query(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused'; END $$
        """)
      let before = try await content(pool)
      for (table, event) in Self.writes {
        try await pool.query(
          "CREATE TRIGGER refuse AFTER \(event) ON \(table) FOR EACH ROW EXECUTE FUNCTION refuse()")
        let error = await rename(store)
        try await pool.query("DROP TRIGGER refuse ON \(table)")
        try #require(error != nil, "the rename has no \(event) of \(table)")
        #expect(try await content(pool) == before, "\(event) of \(table)")
        #expect(try await store.environments() == ["h1"])
      }
      #expect(await rename(store) == nil)
      #expect(try await store.environments() == ["h2"])
      #expect(try await pool.query("SELECT name FROM gates").only().text(0) == "h2")
    }
  }

  @Test("A quarantine goes with the environment, and the manifests of the former name are quarantined there")
  func quarantines() async throws {
    try await withEnvironment { store, _, _ in
      let former = try await store.latestRevision(of: "h1")
      #expect(await rename(store) == nil)
      let bad = DesiredState(environment: "h2", allowsMockGPUs: true, resources: [.fake("a", 2)])
      #expect(try await store.quarantines(of: "h2").map(\.digest) == [bad.digest])
      #expect(try await store.quarantines(of: "h1").map(\.digest) == [former?.manifestDigest])
    }
  }

  @Test(
    "A controller that was paused during the rename writes nothing and finds no resources"
  )
  func pausedController() async throws {
    try await withEnvironment { store, _, tokens in
      let paused = store.fenced(by: tokens)
      let digest = try #require(try await store.latestRevision(of: "h1")).manifestDigest
      #expect(await rename(store) == nil)
      var changes = StatusChanges(revision: 2)
      changes.applied = [.fake("a")]
      let writes: [StateStoreWrite] = [
        { try await $0.save(changes, in: "h1") },
        { _ = try await $0.record(.fake("b"), environment: "h1") },
        {
          try await $0.claim(
            ClaimRequest([.fake("a")], mark: "h1", at: Self.time), in: "h1", revision: 2)
        },
        { try await $0.setPendingRemovals([], in: "h1") },
      ]
      for write in writes {
        let error = await #expect(throws: StoreError.self) { try await write(paused) }
        #expect(error?.code == .leaseLost, "\(String(describing: error))")
      }
      #expect(try await store.inventory(of: "h1", knowing: []).isEmpty)
      // It joins again and reads what is in force.
      let replica = ControllerReplica(name: "r", role: "up", host: "box")
      _ = try await store.recordHeartbeat(ControllerHeartbeat(replica, released: []), in: "h1")
      let latest = try #require(try await store.latestRevision(of: "h1"))
      #expect(try await store.desiredState(of: "h1", at: latest.number)?.resources.isEmpty == true)
      #expect(try await store.quarantines(of: "h1").contains { $0.digest == digest })
    }
  }

  private typealias StateStoreWrite = (any StateStore) async throws -> Void

  @Test("An environment with a step that may still take effect is not renamed")
  func uncertainStep() async throws {
    try await withEnvironment { store, pool, _ in
      let step = StepID(pass: "p", resource: .fake("a"), index: 0)
      let intent = JournalIntent(
        step: step, revision: 2, action: .create, summary: "make it", reason: "", risk: .safe, at: Self.time)
      try await store.append([.intent(intent)], in: "h1")
      #expect(await rename(store)?.qualifiedCode == "environment.busy")
      let entry = try #require(try await store.journal(of: "h1", id: nil, limit: 1).first)
      #expect(entry.outcome?.word == .interrupted, "no controller of the former name will record it")
      try await pool.query("UPDATE journal SET outcome_at = now() - interval '2 minutes'")
      #expect(await rename(store) == nil)
    }
  }

  @Test("Of concurrent renames one succeeds, and nothing exists under two names")
  func race() async throws {
    try await withEnvironment { store, pool, _ in
      let codes = await withTaskGroup(of: String?.self) { group in
        for number in 0..<8 {
          group.addTask { await rename(store, to: "n\(number)")?.qualifiedCode }
        }
        return await group.reduce(into: [String?]()) { $0.append($1) }
      }
      let environments = try await store.environments()
      #expect(environments.count == 1)
      #expect(codes.count { $0 == nil } == 1, "\(codes)")
      #expect(codes.allSatisfy { $0 == nil || $0 == "environment.unknown" }, "\(codes)")
      #expect(try await pool.query("SELECT count(*) FROM inventory").only().int(0) == 1)
      #expect(try await pool.query("SELECT count(*) FROM claims").only().int(0) == 1)
    }
  }
}
