import Model
import Postgres
import PostgresSupport
import Synchronization
import Testing

@Suite struct TransactionTests {
  @Test("Commits when the body returns") func commitsWhenTheBodyReturns() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int)")
      let count = try await pool.transaction { transaction in
        try await transaction.query("INSERT INTO t VALUES (1), (2)").affected
      }
      #expect(count == 2)
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 2)
    }
  }

  @Test("Rolls back when the body throws") func rollsBackWhenTheBodyThrows() async throws {
    struct Unwilling: Error {}
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int)")
      await #expect(throws: Unwilling.self) {
        try await pool.transaction { transaction in
          try await transaction.query("INSERT INTO t VALUES (1)")
          throw Unwilling()
        }
      }
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 0)
    }
  }

  @Test("A swallowed error does not become a commit")
  func aSwallowedErrorDoesNotBecomeACommit() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int)")
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction { transaction in
          try await transaction.query("INSERT INTO t VALUES (1)")
          _ = try? await transaction.query("SELECT 1/0")
        }
      }
      #expect(error?.code == .transactionAborted)
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 0)
    }
  }

  @Test("Options reach the server") func optionsReachTheServer() async throws {
    try await TestDatabase.with { pool in
      let options = TransactionOptions(
        isolation: .serializable, isReadOnly: true, settings: ["lock_timeout": "1234ms"])
      let row = try await pool.transaction(options) { transaction in
        try await transaction.query(
          """
          SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'),
            current_setting('lock_timeout')
          """
        ).only()
      }
      #expect(try row.text(0) == "serializable")
      #expect(try row.text(1) == "on")
      #expect(try row.text(2) == "1234ms")
      #expect(try await pool.query("SELECT current_setting('lock_timeout')").only().text(0) == "0")
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction(options) { try await $0.query("CREATE TABLE t (a int)") }
      }
      #expect(error?.code == .readOnly)
    }
  }

  @Test("Conflicting transactions all succeed in the end")
  func conflictingTransactionsAllSucceedInTheEnd() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE counter (value int)")
      try await pool.query("INSERT INTO counter VALUES (0)")
      let attempts = Counter()
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<10 {
              try await pool.transaction(TransactionOptions(isolation: .serializable, attempts: 1000)) {
                transaction in
                attempts.increment()
                let value = try await transaction.query("SELECT value FROM counter").only().int(0)
                try await transaction.query("UPDATE counter SET value = $1", [.int(value + 1)])
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await pool.query("SELECT value FROM counter").only().int(0) == 40)
      #expect(attempts.value >= 40)
    }
  }

  @Test("Conflicts are reported after the last attempt")
  func conflictsAreReportedAfterTheLastAttempt() async throws {
    try await TestDatabase.with { pool in
      let attempts = Counter()
      let error = await #expect(throws: PostgresError.self) {
        try await pool.transaction(TransactionOptions(attempts: 3)) { transaction in
          attempts.increment()
          try await transaction.query("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$")
        }
      }
      #expect(error?.code == .conflict)
      #expect(attempts.value == 3)
    }
  }

  @Test("Many tasks share few connections") func manyTasksShareFewConnections() async throws {
    try await TestDatabase.with(connections: 2) { pool in
      try await pool.query("CREATE TABLE t (a int)")
      try await withThrowingTaskGroup { group in
        for task in 0..<32 {
          group.addTask {
            for _ in 0..<10 {
              try await pool.transaction { transaction in
                try await transaction.query("INSERT INTO t VALUES ($1)", [.int(Int64(task))])
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 320)
      let backends = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
      #expect(try await pool.query(backends).only().int(0) <= 2)
    }
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func increment() { count.withLock { $0 += 1 } }
}
