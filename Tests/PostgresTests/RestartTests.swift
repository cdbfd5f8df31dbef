import Model
import Postgres
import PostgresSupport
import Synchronization
import Testing

@Suite struct RestartTests {
  /// Writers that know nothing of a restart lose nothing by it, and see no error.
  @Test("Statements wait for a restart") func statementsWaitForARestart() async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder)
      try await server.start()
      let pool = PostgresPool(try await server.configuration(), connections: 4)
      try await pool.query("CREATE TABLE written (id bigserial)")
      let isDone = Flag()
      let written = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask {
            var count = 0
            while !isDone.isRaised {
              if count.isMultiple(of: 2) {
                try await pool.query("INSERT INTO written DEFAULT VALUES")
              } else {
                try await pool.transaction { transaction throws(PostgresError) in
                  try await transaction.query("INSERT INTO written DEFAULT VALUES")
                }
              }
              count += 1
            }
            return count
          }
        }
        for round in 1...3 {
          while try await pool.query("SELECT count(*) FROM written").only().int(0) < round * 16 {}
          try await server.restart()
        }
        isDone.raise()
        return try await group.reduce(0, +)
      }
      #expect(try await pool.query("SELECT count(*) FROM written").only().int(0) == Int64(written))
      await pool.close()
      try await server.stop()
    }
  }
}

final class Flag: Sendable {
  private let state = Mutex(false)
  var isRaised: Bool { state.withLock { $0 } }
  func raise() { state.withLock { $0 = true } }
}
