import Model
import PgBackRest
import Postgres
import PostgresSupport
import Testing

/// Serialized: each runs a server of its own and backs it up.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BackupAndRestoreTests {
  @Test("A backup can be restored elsewhere") func aBackupCanBeRestoredElsewhere() async throws {
    try await TestFolder.with { folder in
      let source = try await Source(folder)
      try source.backRest.writeConfiguration()
      #expect(try await source.backRest.info().exists == false)
      try await source.prepare()
      try await source.prepare()
      try await source.backRest.check()

      try await source.pool.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1);")
      let full = try await source.backRest.backup(.full)
      #expect(full.type == .full && full.stop >= full.start && !full.hasErrors)
      #expect(full.databaseSize > full.repositorySize)
      try await source.pool.query("INSERT INTO t VALUES (2)")
      let increment = try await source.backRest.backup(.incremental)
      #expect(increment.type == .incremental)

      let moment = try await source.pool.query("SELECT clock_timestamp()").only().timestamp(0)
      try await source.pool.query("INSERT INTO t VALUES (3)")
      let segment = try await source.pool.query("SELECT pg_walfile_name(pg_current_wal_lsn())").only().text(0)
      try await source.pool.query("SELECT pg_switch_wal()")
      try await source.backRest.check()
      let info = try await source.backRest.info()
      #expect(info.status == 0)
      #expect(info.backups == [full, increment])
      #expect(try #require(info.lastWAL) >= segment)

      let cases: [(PgBackRest.RestoreTarget, String?, [Int64], String)] = [
        (.latest, nil, [1, 2, 3], "the end of the WAL"),
        (.time(moment), nil, [1, 2], "what was inserted later is missing"),
        (.backupEnd, full.label, [1], "the full backup alone"),
      ]
      for (index, (target, label, expected, reason)) in cases.enumerated() {
        let rows = try await source.restored(into: "\(folder)/restored-\(index)", target, label)
        #expect(rows == expected, Comment(rawValue: reason))
      }
      try await source.stop()
    }
  }

  @Test("Errors say what to do") func errorsSayWhatToDo() async throws {
    try await TestFolder.with { folder in
      let source = try await Source(folder)
      try source.backRest.writeConfiguration()
      let missing = await #expect(throws: PgBackRestError.self) { try await source.backRest.backup(.full) }
      #expect(missing?.code == .stanzaMissing)
      try await source.prepare()
      let none = await #expect(throws: PgBackRestError.self) {
        try await source.backRest.restore(into: "\(folder)/empty")
      }
      #expect(none?.code == .backupMissing)
      try await source.backRest.backup(.full)
      let occupied = await #expect(throws: PgBackRestError.self) {
        try await source.backRest.restore(into: source.backRest.settings.dataFolder)
      }
      #expect(occupied?.code == .folder)
      try await source.stop()

      let other = try await Source(folder, name: "other")
      try other.backRest.writeConfiguration()
      let mismatch = await #expect(throws: PgBackRestError.self) { try await other.backRest.createStanza() }
      #expect(mismatch?.code == .stanzaMismatch)
      #expect(mismatch?.backendError.retry == .afterChange)
      try await other.stop()
      let down = await #expect(throws: PgBackRestError.self) { try await source.backRest.backup(.full) }
      #expect(down?.code == .unreachable)
    }
  }
}

/// A server with something to back up, and pgBackRest for it.
private struct Source {
  let server: PostgresServer
  let pool: PostgresPool
  let backRest: PgBackRest

  init(_ folder: String, name: String = "source") async throws {
    server = PostgresServer(stateFolder: "\(folder)/\(name)", options: .init(isDurable: false))
    try await server.start()
    pool = PostgresPool(try await server.configuration())
    backRest = try PgBackRest(
      PgBackRest.Settings(
        stanza: "ledger", repository: "\(folder)/repository", workFolder: "\(folder)/\(name)/back rest",
        dataFolder: try await server.dataFolder(), socketFolder: try #require(await server.socketFolder),
        retention: PgBackRest.Retention(full: 2, differential: 4)))
  }

  func prepare() async throws {
    try backRest.writeConfiguration()
    if try await server.configure(backRest.serverSettings).needsRestart { try await server.restart() }
    try await backRest.createStanza()
  }

  /// The rows of the table after a restore into another folder, with a server of its own.
  func restored(
    into folder: String, _ target: PgBackRest.RestoreTarget, _ label: String?
  ) async throws -> [Int64] {
    let restored = PostgresServer(
      stateFolder: folder, options: .init(settings: ["archive_mode": "off"], isDurable: false))
    try await backRest.restore(into: try await restored.dataFolder(), to: target, label: label)
    try await restored.start()
    let pool = PostgresPool(try await restored.configuration())
    let rows = try await pool.query("SELECT a FROM t ORDER BY a").map { try $0.int("a") }
    try await pool.query("INSERT INTO t VALUES (100)")
    await pool.close()
    try await restored.stop()
    return rows
  }

  func stop() async throws {
    await pool.close()
    try await server.stop()
  }
}
