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

/// Planner and backend on a real server with the real pgBackRest.
@Suite("Backup policies with pgBackRest", .serialized) struct BackupPolicyBackendTests {
  @Test("A policy archives, backs up, expires and stops")
  func lifecycle() async throws {
    try await PrivateServer.with { server in
      let policy = try server.policy(#"{"full":2}"#)
      #expect(
        try await server.converge(policy) == [
          "create the backup repository of ledger",
          "archive WAL at least every 5m while there are changes, restarting the server",
          "make a full backup of Database/platform",
        ])
      #expect(try await server.converge(policy) == [])
      let first = try #require(try await server.observe(policy))
      #expect(first.archiving == .here(timeoutSeconds: 300))
      #expect(first.backups.count == 1)
      #expect(server.health(policy, first) == .ready)

      // WAL goes to the repository, and archived changes can be restored.
      try await server.write()
      let written = try await server.serverTime()
      try await server.switchSegment()
      let archived = try await server.wait(for: policy) { ($0.restorable ?? written) >= written }
      #expect(archived.archiveFailedAt == nil)

      // Settings survive a restart of the server.
      try await server.postgres.restart()
      #expect(try await server.converge(policy) == [])

      // After two more backups on demand the oldest one expires.
      for _ in 0..<2 {
        let done = try await server.backend.backUpNow(server.subject(policy), in: server.context)
        #expect(done.size.bytes > 0)
      }
      #expect(try await server.converge(policy) == ["expire backup \(first.backups[0].label)"])
      #expect(try await server.converge(policy) == [])
      #expect(try await server.observe(policy)?.backups.count == 2)

      // Removing the policy stops the archive and keeps the backups.
      #expect(
        try await server.converge(policy, leaves: true) == [
          "stop archiving WAL, restarting the server; the repository and its backups stay"
        ])
      #expect(try await server.converge(policy, leaves: true) == [])
      let left = try #require(try await server.observe(policy))
      #expect(left.archiving == .off)
      #expect(left.backups.count == 2)
    }
  }

  @Test("Settings and configuration changed by hand are corrected")
  func foreignChanges() async throws {
    try await PrivateServer.with { server in
      let policy = try server.policy(#"{"daily":7}"#)
      _ = try await server.converge(policy)

      _ = try await server.postgres.configure(["archive_mode": "on", "archive_command": "true"])
      #expect(try await server.converge(policy) == ["archive WAL at least every 5m while there are changes"])
      #expect(remove("\(server.folder)/pgbackrest/ledger/pgbackrest.conf") == 0)
      #expect(try await server.converge(policy) == ["write the backup configuration of ledger"])

      let stricter = try server.policy(#"{"daily":14}"#, rpo: "30s")
      #expect(
        try await server.converge(stricter) == [
          "write the backup configuration of ledger",
          "archive WAL at least every 10s while there are changes",
        ])
      #expect(try await server.converge(stricter) == [])

      let second = try Fixture.resource(
        BackupPolicySpec.self, "second",
        #"{"of":"Database/platform","repository":{"folder":"backups/second"}}"#)
      let error = await #expect(throws: PlanError.self) { try await server.converge(second) }
      #expect(error?.message.contains("is already archived by BackupPolicy/ledger") == true)
    }
  }

  @Test("A renamed policy keeps its archive, its stanza and its backups")
  func renamed() async throws {
    try await PrivateServer.with { server in
      let old = try server.policy(#"{"daily":7}"#)
      _ = try await server.converge(old)
      let before = try #require(try await server.observe(old))
      let new = try server.policy(#"{"daily":7}"#, name: "credits")
      let context = server.renamed(old, to: new)
      #expect(
        try await server.converge(new, movedFrom: old, in: context) == [
          "record the owner of the backup repository"
        ])
      #expect(try await server.converge(old, leaves: true, in: context) == [])
      #expect(try await server.converge(new, in: context) == [])
      let after = try #require(try await server.observe(new, in: context))
      #expect(after.backups == before.backups)
      #expect(after.archiving == before.archiving)
      let done = try await server.backend.backUpNow(server.subject(new), in: context)
      #expect(try await server.observe(new, in: context)?.backups.last?.label == done.label)
    }
  }

  @Test("A repository of another controller is never written to")
  func foreignRepository() async throws {
    try await PrivateServer.with { server in
      let policy = try server.policy(#"{"daily":7}"#)
      _ = try await server.converge(policy)
      let mark = Owner(controller: "test", environment: "test", resource: policy.id)
      let before = try #require(try await server.observe(policy))
      #expect(before.owner == mark)

      let file = "\(server.folder)/backups/ledger/rendertrust-owner.json"
      let text =
        #"{"controller":"9c08ac9a","environment":"prod","resource":"BackupPolicy/x","stanza":"x"}"#
      try server.write(text, to: file)
      await #expect(throws: PlanError.self) { try await server.converge(policy) }
      for operation: BackupPolicyOperation in [.createStanza, .backUp, .recordOwner] {
        let error = await #expect(throws: BackendError.self) {
          try await server.backend.apply(operation, to: server.subject(policy), in: server.context)
        }
        #expect(error?.code == "repository.foreign")
      }
      #expect(try await server.converge(policy, leaves: true) == [], "the archive is that of its owner")
      #expect(try await server.observe(policy)?.backups == before.backups)

      // An owner that cannot be read is unknown, not absent.
      try server.write("{}", to: file)
      let unknown = await #expect(throws: BackendError.self) { try await server.converge(policy) }
      #expect(unknown?.code == "repository.owner")

      // A repository of an earlier release has no file.
      #expect(remove(file) == 0)
      #expect(try await server.converge(policy) == ["record the owner of the backup repository"])
      #expect(try await server.observe(policy)?.owner == mark)
    }
  }

  @Test("A repository in the data folder is reported before anything is written")
  func repositoryInDataFolder() async throws {
    try await PrivateServer.with { server in
      let data = try await server.postgres.dataFolder()
      let policy = try Fixture.resource(
        BackupPolicySpec.self, "ledger",
        #"{"of":"Database/platform","repository":{"folder":"\#(data)/backups"}}"#)
      let error = await #expect(throws: PlanError.self) { try await server.converge(policy) }
      #expect(error?.message.hasSuffix("lies in the data folder of the server, \(data)") == true)
      #expect(access("\(data)/backups", F_OK) != 0)
    }
  }

  /// Without a writable repository nothing after the last archived segment is safe.
  @Test("A policy is degraded while WAL does not reach the repository")
  func failingArchive() async throws {
    try await PrivateServer.with { server in
      let policy = try server.policy(#"{"daily":7}"#, rpo: "3s")
      _ = try await server.converge(policy)
      let repository = "\(server.folder)/backups/ledger"
      #expect(rename(repository, repository + ".away") == 0)
      try await server.write()
      try await server.switchSegment()
      let failing = try await server.wait(for: policy) { $0.archiveFailedAt != nil }
      // The stanza is not visible either; the missing repository must not look like a policy that is off.
      #expect(failing.archiving == .here(timeoutSeconds: 1))
      #expect(rename(repository + ".away", repository) == 0)
      let seen = try #require(try await server.observe(policy))
      let restorable = try #require(seen.restorable)
      let health = seen.health(rpo: policy.spec.rpo, now: restorable + TimeSpan(seconds: 1320))
      #expect(
        health
          == .degraded(
            reason: "RestorePointTooOld", message: "newest restorable point is 22m old, RPO is 3s"))
      _ = try await server.wait(for: policy) { $0.archiveFailedAt == nil }
    }
  }
}

/// A private server with its own state folder, and the kind on it.
private struct PrivateServer: Sendable {
  let folder: String
  let postgres: PostgresServer
  let backend: BackupPolicyBackend

  static func with(_ body: (PrivateServer) async throws -> Void) async throws {
    try await TestFolder.with { folder in
      let postgres = PostgresServer(stateFolder: folder)
      try await postgres.start()
      let outcome: Result<Void, any Error>
      do {
        outcome = .success(
          try await body(
            PrivateServer(
              folder: folder, postgres: postgres,
              backend: BackupPolicyBackend(server: postgres, stateFolder: folder))))
      } catch {
        outcome = .failure(error)
      }
      try await postgres.stop()
      try outcome.get()
    }
  }

  /// A policy whose schedule is never due in a test: 29 February at night.
  func policy(
    _ keep: String, rpo: String = "15m", name: String = "ledger"
  ) throws -> Resource<BackupPolicySpec> {
    try Fixture.resource(
      BackupPolicySpec.self, name,
      #"""
      {"of":"Database/platform","schedule":"0 2 29 2 *","rpo":"\#(rpo)","keep":\#(keep),
       "repository":{"folder":"backups/ledger"}}
      """#)
  }

  var context: ReconcileContext {
    Fixture.reconcileContext(now: PrivateServer.now, offers: BackupPolicyPlannerTests.embedded)
  }

  /// The context of a pass in which a policy has another name than before.
  func renamed(
    _ old: Resource<BackupPolicySpec>, to new: Resource<BackupPolicySpec>
  ) -> ReconcileContext {
    let stanza = Thing.stanza(old.id.name, repository: "\(folder)/backups/ledger")
    let holding = Holding(
      thing: stanza, role: "stanza", environment: "test", resource: old.id, holdsData: false,
      since: Fixture.now)
    return Fixture.reconcileContext(
      now: PrivateServer.now, offers: BackupPolicyPlannerTests.embedded, holdings: Holdings([holding]),
      moves: Moves([Move(from: old.id, to: new.id)]))
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
    _ policy: Resource<BackupPolicySpec>, leaves: Bool = false, in context: ReconcileContext? = nil
  ) async throws -> BackupPolicyObserved? {
    let subject = subject(policy, leaves: leaves)
    return try await backend.observe([subject], in: context ?? self.context)[policy.id]?.get() ?? nil
  }

  /// Observes, plans and applies once.
  /// - Returns: the summaries of the applied steps.
  func converge(
    _ policy: Resource<BackupPolicySpec>, leaves: Bool = false,
    movedFrom: Resource<BackupPolicySpec>? = nil, in context: ReconcileContext? = nil
  ) async throws -> [String] {
    let fixture = KindFixture(BackupPolicyPlanner(), backend)
    let steps = try await fixture.apply(
      policy.id, leaves ? nil : policy, lastApplied: leaves ? policy : nil, movedFrom: movedFrom,
      in: context ?? self.context)
    return steps.map(\.summary)
  }

  func health(_ policy: Resource<BackupPolicySpec>, _ observed: BackupPolicyObserved) -> Health {
    backend.health(of: subject(policy), observed: observed, in: context)
  }

  /// Observes repeatedly until the condition holds, for at most half a minute.
  func wait(
    for policy: Resource<BackupPolicySpec>, _ condition: (BackupPolicyObserved) -> Bool
  ) async throws -> BackupPolicyObserved {
    for _ in 0..<300 {
      if let observed = try await observe(policy), condition(observed) { return observed }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try #require(nil as BackupPolicyObserved?, "the condition never held")
  }

  func write(_ text: String, to file: String) throws {
    let stream = try #require(fopen(file, "w"))
    fputs(text, stream)
    fclose(stream)
  }

  // MARK: Statements

  func write() async throws {
    try await query("CREATE TABLE IF NOT EXISTS changes (at timestamptz)")
    try await query("INSERT INTO changes VALUES (now())")
  }

  func switchSegment() async throws { try await query("SELECT pg_switch_wal()") }

  func serverTime() async throws -> Timestamp {
    try await query("SELECT date_trunc('second', clock_timestamp()) AS time").only().timestamp("time")
  }

  @discardableResult
  private func query(_ sql: String) async throws -> Rows {
    let pool = PostgresPool(try await postgres.configuration(), connections: 1)
    let rows = try await pool.query(sql)
    await pool.close()
    return rows
  }
}
