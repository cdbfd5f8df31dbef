import Glibc
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import Recovery
import Testing

/// The backend and the planner together, against a real server and the real pgBackRest.
@Suite(.serialized) struct BackupPolicyBackendTests {
  @Test func archivesBacksUpExpiresAndStops() async throws {
    try await World.with { world in
      let policy = try world.policy(#"{"full":2}"#)
      #expect(
        try await world.converge(policy) == [
          "create the backup repository of ledger",
          "archive WAL at least every 5m while there are changes, restarting the server",
          "make a full backup of Database/platform",
        ])
      #expect(try await world.converge(policy) == [])
      let first = try #require(try await world.observe(policy))
      #expect(first.archiving == .here(timeoutSeconds: 300))
      #expect(first.backups.count == 1)
      #expect(world.health(policy, first) == .ready)

      // WAL goes where the policy says, and what is archived can be restored.
      try await world.write()
      let written = try await world.serverTime()
      try await world.switchSegment()
      let archived = try await world.wait(for: policy) { ($0.restorable ?? written) >= written }
      #expect(archived.archiveFailedAt == nil)

      // Settings outlive the server.
      try await world.server.restart()
      #expect(try await world.converge(policy) == [])

      // Two more backups on demand: the oldest is one too many.
      for _ in 0..<2 {
        let done = try await world.backend.backUpNow(world.subject(policy), in: world.context)
        #expect(done.size.bytes > 0)
      }
      #expect(try await world.converge(policy) == ["expire backup \(first.backups[0].label)"])
      #expect(try await world.converge(policy) == [])
      #expect(try await world.observe(policy)?.backups.count == 2)

      // Leaving stops the archive and keeps the backups.
      #expect(
        try await world.converge(policy, leaves: true) == [
          "stop archiving WAL, restarting the server; the repository and its backups stay"
        ])
      #expect(try await world.converge(policy, leaves: true) == [])
      let left = try #require(try await world.observe(policy))
      #expect(left.archiving == .off)
      #expect(left.backups.count == 2)
    }
  }

  @Test func healsSettingsAndConfigurationChangedByHand() async throws {
    try await World.with { world in
      let policy = try world.policy(#"{"daily":7}"#)
      _ = try await world.converge(policy)

      _ = try await world.server.configure(["archive_mode": "on", "archive_command": "true"])
      #expect(try await world.converge(policy) == ["archive WAL at least every 5m while there are changes"])
      #expect(remove("\(world.folder)/pgbackrest/ledger/pgbackrest.conf") == 0)
      #expect(try await world.converge(policy) == ["write the backup configuration of ledger"])

      let stricter = try world.policy(#"{"daily":14}"#, rpo: "30s")
      #expect(
        try await world.converge(stricter) == [
          "write the backup configuration of ledger",
          "archive WAL at least every 10s while there are changes",
        ])
      #expect(try await world.converge(stricter) == [])

      let second = try Fixture.resource(
        BackupPolicySpec.self, "second",
        #"{"of":"Database/platform","repository":{"folder":"backups/second"}}"#)
      let error = await #expect(throws: PlanError.self) { try await world.converge(second) }
      #expect(error?.message.contains("is already archived by BackupPolicy/ledger") == true)
    }
  }

  /// A repository that cannot be written: nothing after the last archived segment is safe, and the policy says so.
  @Test func degradesWhileWALDoesNotReachTheRepository() async throws {
    try await World.with { world in
      let policy = try world.policy(#"{"daily":7}"#, rpo: "3s")
      _ = try await world.converge(policy)
      let repository = "\(world.folder)/backups/ledger"
      #expect(rename(repository, repository + ".away") == 0)
      try await world.write()
      try await world.switchSegment()
      let failing = try await world.wait(for: policy) { $0.archiveFailedAt != nil }
      // The stanza cannot be seen either, and the repository's absence must not pass for a policy that is off.
      #expect(failing.archiving == .here(timeoutSeconds: 1))
      #expect(rename(repository + ".away", repository) == 0)
      let seen = try #require(try await world.observe(policy))
      let restorable = try #require(seen.restorable)
      let health = seen.health(rpo: policy.spec.rpo, now: restorable + TimeSpan(seconds: 1320))
      #expect(
        health
          == .degraded(
            reason: "RestorePointTooOld", message: "newest restorable point is 22m old, RPO is 3s"))
      _ = try await world.wait(for: policy) { $0.archiveFailedAt == nil }
    }
  }
}

/// A private server with its own state folder, and the loop in small: look, plan, apply.
private struct World: Sendable {
  let folder: String
  let server: PostgresServer
  let backend: BackupPolicyBackend

  static func with(_ body: (World) async throws -> Void) async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder)
      try await server.start()
      let outcome: Result<Void, any Error>
      do {
        outcome = .success(
          try await body(
            World(
              folder: folder, server: server,
              backend: BackupPolicyBackend(server: server, stateFolder: folder))))
      } catch {
        outcome = .failure(error)
      }
      try await server.stop()
      try outcome.get()
    }
  }

  /// A schedule that is never due in a test: the next 29 February at night.
  func policy(_ keep: String, rpo: String = "15m") throws -> Resource<BackupPolicySpec> {
    try Fixture.resource(
      BackupPolicySpec.self, "ledger",
      #"""
      {"of":"Database/platform","schedule":"0 2 29 2 *","rpo":"\#(rpo)","keep":\#(keep),
       "repository":{"folder":"backups/ledger"}}
      """#)
  }

  var context: ReconcileContext {
    Fixture.surroundings(now: World.now, offers: BackupPolicyPlannerTests.embedded)
  }

  private static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  func subject(_ policy: Resource<BackupPolicySpec>, leaves: Bool = false) -> Subject<BackupPolicySpec> {
    Subject(id: policy.id, desired: leaves ? nil : policy, lastApplied: leaves ? policy : nil)
  }

  func observe(
    _ policy: Resource<BackupPolicySpec>, leaves: Bool = false
  ) async throws -> BackupPolicyObserved? {
    try await backend.observe([subject(policy, leaves: leaves)], in: context)[policy.id]?.get() ?? nil
  }

  /// The summaries of what was done.
  func converge(_ policy: Resource<BackupPolicySpec>, leaves: Bool = false) async throws -> [String] {
    let steps = try BackupPolicyPlanner().plan(
      leaves ? nil : policy, try await observe(policy, leaves: leaves),
      Fixture.context(policy, now: World.now, offers: BackupPolicyPlannerTests.embedded)
    ).steps
    for step in steps {
      try await backend.apply(step.operation, to: subject(policy, leaves: leaves), in: context)
    }
    return steps.map(\.summary)
  }

  func health(_ policy: Resource<BackupPolicySpec>, _ observed: BackupPolicyObserved) -> Health {
    backend.health(of: subject(policy), observed: observed, in: context)
  }

  /// Looks again until what is seen fits, for half a minute.
  func wait(
    for policy: Resource<BackupPolicySpec>, _ fits: (BackupPolicyObserved) -> Bool
  ) async throws -> BackupPolicyObserved {
    for _ in 0..<300 {
      if let seen = try await observe(policy), fits(seen) { return seen }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try #require(nil as BackupPolicyObserved?, "it was never seen")
  }

  // MARK: The server

  func write() async throws {
    try await query("CREATE TABLE IF NOT EXISTS changes (at timestamptz)")
    try await query("INSERT INTO changes VALUES (now())")
  }

  func switchSegment() async throws { try await query("SELECT pg_switch_wal()") }

  func serverTime() async throws -> Timestamp {
    try await query("SELECT date_trunc('second', clock_timestamp())").only().timestamp(0)
  }

  @discardableResult
  private func query(_ sql: String) async throws -> Rows {
    let pool = PostgresPool(try await server.configuration(), connections: 1)
    let rows = try await pool.query(sql)
    await pool.close()
    return rows
  }
}
