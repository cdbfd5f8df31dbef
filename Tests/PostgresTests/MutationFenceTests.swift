import Model
import Postgres
import PostgresSupport
import Synchronization
import Testing

/// A step whose lease was taken over while it was paused changes nothing more in a database.
@Suite(.timeLimit(.minutes(1))) struct PostgresFenceTests {
  @Test("Without the lease no statement and no script runs") func statements() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int)")
      await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
        let calls: [@Sendable () async throws -> Void] = [
          { try await pool.query("INSERT INTO t VALUES (1)") },
          { try await pool.script("INSERT INTO t VALUES (2)") },
          { try await PostgresFenceTests.insert(3, into: pool) },
        ]
        for call in calls {
          let error = await #expect(throws: PostgresError.self) { try await call() }
          #expect(error?.code == .leaseLost && error?.retry == .later)
        }
      }
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 0)
    }
  }

  private static func insert(_ number: Int64, into pool: PostgresPool) async throws(PostgresError) {
    try await pool.transaction { transaction throws(PostgresError) in
      _ = try await transaction.query("INSERT INTO t VALUES ($1)", [.int(number)])
    }
  }

  @Test("A transaction whose lease is lost before its commit is rolled back, and the connection stays usable")
  func transaction() async throws {
    try await TestDatabase.with(connections: 1) { pool in
      try await pool.query("CREATE TABLE t (a int)")
      let isHeld = Mutex(true)
      let check: @Sendable () -> Bool = { isHeld.withLock { $0 } }
      await MutationFence.$lease.withValue(LeaseCheck(check)) {
        let error = await #expect(throws: PostgresError.self) {
          try await pool.transaction { transaction throws(PostgresError) in
            try await transaction.query("INSERT INTO t VALUES (1)")
            isHeld.withLock { $0 = false }
          }
        }
        #expect(error?.code == .leaseLost)
      }
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 0)
    }
  }

  @Test("Without the lease the embedded server is neither configured nor restarted") func server()
    async throws
  {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder, options: .init(isDurable: false))
      try await server.start()
      let before = try ServerFiles(folder).postmaster
      await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
        let refused = await #expect(throws: PostgresError.self) {
          _ = try await server.configure(["work_mem": "5MB"])
        }
        #expect(refused?.code == .leaseLost)
        let error = await #expect(throws: PostgresError.self) { try await server.restart() }
        #expect(error?.code == .leaseLost)
      }
      #expect(try ServerFiles(folder).postmaster == before)
      try await server.stop()
    }
  }
}

private let isNeverHeld: @Sendable () -> Bool = { false }
