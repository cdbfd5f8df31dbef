import Model
import Postgres
import PostgresSupport
import Testing

@Suite struct ErrorTests {
  @Test(
    "Failing statements report the SQLSTATE, a hint and the server",
    arguments: [
      ("SELECT * FROM nowhere", PostgresError.Code.missing, "a table that does not exist"),
      ("SELECT * FROM nowhere.t", .missing, "a schema that does not exist"),
      ("SELECT nothing FROM pg_class", .incompatible, "a column that does not exist"),
      ("SELECT nothing(1)", .incompatible, "a function that does not exist"),
      ("SELECT NULL::nothing", .incompatible, "a type that does not exist"),
      ("SELEKT 1", .syntax, "no SQL"),
      ("INSERT INTO t VALUES (1)", .duplicate, "a second row with the same key"),
      ("INSERT INTO t VALUES (NULL)", .constraint, "NULL in a key"),
      ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$", .diskFull, "a full disk"),
      (
        "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53300'; END $$", .tooManyConnections,
        "too many clients"
      ),
      ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '42501'; END $$", .permission, "a missing grant"),
      ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '55P03'; END $$", .lockTimeout, "a lock not got"),
      ("SELECT 1/0", .statement, "anything else, with its SQLSTATE"),
    ])
  func failingStatementsReportTheSQLSTATEAHint(_ sql: String, code: PostgresError.Code, reason: String)
    async throws
  {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int PRIMARY KEY)")
      try await pool.query("INSERT INTO t VALUES (1)")
      let error = await #expect(throws: PostgresError.self) { try await pool.query(sql) }
      #expect(error?.code == code, Comment(rawValue: reason))
      #expect(error?.sqlState?.count == 5)
      #expect(error?.description.contains(pool.server) == true)
      #expect(error?.backendError.code == "postgres.\(code.rawValue)")
      #expect(try await pool.query("SELECT 1").only().int(0) == 1, "the pool goes on")
    }
  }

  @Test(
    "A statement that fails proves the absence of a table only where the catalog lacks it",
    arguments: [
      ("SELECT * FROM nowhere", "nowhere", true), ("SELECT * FROM other.nowhere", "nowhere", true),
      ("SELECT nothing FROM t", "t", false), ("SELECT nothing(a) FROM t", "t", false),
      ("SELECT a::nothing FROM t", "t", false), ("SELECT 1/0 FROM t", "t", false),
      ("SELECT t.a FROM t, nowhere", "t", false), ("SELECT * FROM hidden", "hidden", false),
    ])
  func absence(_ sql: String, of table: String, isProven: Bool) async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int PRIMARY KEY)")
      try await pool.query("INSERT INTO t VALUES (1)")
      try await pool.query("CREATE SCHEMA unsearched")
      try await pool.query("CREATE TABLE unsearched.hidden (a int)")
      do throws(PostgresError) {
        try await pool.query(sql)
        Issue.record("\(sql) succeeded")
      } catch {
        let proven = await error.provesAbsence(of: table, in: pool)
        #expect(proven == isProven, "\(sql): \(error)")
      }
    }
  }

  @Test("Values of rows are not in the safe text")
  func valuesOfRowsAreNotInTheSafeText() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a text PRIMARY KEY)")
      try await pool.query("INSERT INTO t VALUES ('sesame')")
      let error = await #expect(throws: PostgresError.self) {
        try await pool.query("INSERT INTO t VALUES ('sesame')")
      }
      #expect(error?.description.contains("sesame") == false)
      #expect(error?.debugDescription.contains("sesame") == true)
      #expect(error?.debugDescription.contains("t_pkey") == true)
    }
  }

  @Test("A missing socket is unreachable") func aMissingSocketIsUnreachable() async throws {
    let pool = PostgresPool(PostgresConfiguration(socketFolder: "/nonexistent", database: "ledger"))
    let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
    #expect(error?.code == .unreachable)
    #expect(error?.backendError.retry == .later)
    #expect(error?.description.contains("/nonexistent/.s.PGSQL.5432") == true)
  }

  @Test("A port without a listener is unreachable")
  func aPortWithoutAListenerIsUnreachable() async throws {
    let pool = PostgresPool(
      try PostgresConfiguration(url: Secret("postgresql://ada:sesame@127.0.0.1:1/ledger")))
    let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
    #expect(error?.code == .unreachable)
    #expect(error?.server == "PostgreSQL at 127.0.0.1:1/ledger")
    #expect(error.map { "\($0.debugDescription) \($0.backendError)" }?.contains("sesame") == false)
  }

  @Test("The error of an invalid address does not show its password")
  func theErrorOfAnInvalidAddressDoesNotShow() {
    let error = #expect(throws: PostgresError.self) {
      try PostgresConfiguration(url: Secret("postgresql://ada:sesame@[::1/ledger"))
    }
    #expect(error?.code == .invalidAddress)
    #expect(error?.debugDescription.contains("sesame") == false)
  }

  @Test("A missing database or role is reported")
  func aMissingDatabaseOrRoleIsReported() async throws {
    let missing = PostgresPool(try await TestDatabase.configuration(database: "absent"))
    let error = await #expect(throws: PostgresError.self) { try await missing.query("SELECT 1") }
    #expect(error?.code == .databaseMissing)
    #expect(await error?.provesAbsence(of: "t", in: missing) == true)
    try await TestDatabase.with { pool in
      let folder = try await pool.query("SHOW unix_socket_directories").only().text(0)
      let unknownUser = PostgresPool(
        PostgresConfiguration(socketFolder: folder, database: "postgres", user: "unknown-user"))
      let error = await #expect(throws: PostgresError.self) { try await unknownUser.query("SELECT 1") }
      #expect(error?.code == .authentication)
    }
  }

  @Test("A killed connection fails once and is replaced")
  func aKilledConnectionFailsOnceAndIsReplaced() async throws {
    try await TestDatabase.with(connections: 1) { pool in
      let error = await #expect(throws: PostgresError.self) {
        try await pool.query("SELECT pg_terminate_backend(pg_backend_pid())")
      }
      #expect(error?.code == .unreachable)
      let row = try await pool.query("SELECT 1").only()
      #expect(try row.int(0) == 1)
    }
  }

  @Test("A connection that died while idle is replaced without an error")
  func aConnectionThatDiedWhileIdleIsReplaced() async throws {
    try await TestDatabase.with(connections: 1) { pool in
      try await TestDatabase.with(connections: 1) { other in
        let pid = try await pool.query("SELECT pg_backend_pid()").only().int(0)
        try await other.query("SELECT pg_terminate_backend($1)", [.int(pid)])
        let gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1"
        while try await other.query(gone, [.int(pid)]).only().int(0) > 0 {}
      }
      #expect(try await pool.query("SELECT 1").only().int(0) == 1)
    }
  }

  @Test("A closed pool reports that it is closed")
  func aClosedPoolReportsThatItIsClosed() async throws {
    try await TestDatabase.with { pool in
      await pool.close()
      let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
      #expect(error?.code == .closed)
    }
  }
}
