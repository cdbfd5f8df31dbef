import Glibc
import Model
import Postgres
import PostgresSupport
import Synchronization
import Testing

/// Serialized: figures of time are taken.
@Suite(.serialized, .timeLimit(.minutes(4))) struct SupervisorTests {
  /// The number of kills of `make test`; `make soak` sets another one.
  private static let kills = getenv("RENDERTRUST_KILLS").flatMap { Int(String(cString: $0)) } ?? 5
  /// The longest time until the server is back. `make soak` measures it; other runs only end a wait.
  private static let limit: Duration = getenv("RENDERTRUST_KILLS") == nil ? .seconds(30) : .seconds(5)

  @Test("A killed server comes back, loses nothing that was answered, and new statements wait for it")
  func killed() async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder)
      try await server.start()
      let pool = PostgresPool(try await server.configuration(), connections: 4)
      try await pool.query("CREATE TABLE written (id bigint PRIMARY KEY)")
      let reports = Mutex<[String]>([])
      let supervisor = ServerSupervisor(server) { text in reports.withLock { $0.append(text) } }
      let isDone = Flag()
      let answered = try await withThrowingTaskGroup(of: [Int64].self) { group in
        group.addTask {
          await supervisor.run()
          return []
        }
        for writer in 0..<4 {
          group.addTask { try await SupervisorTests.write(writer, to: pool, until: isDone) }
        }
        for _ in 0..<SupervisorTests.kills {
          // The server is at work.
          let before = try await pool.query("SELECT count(*) FROM written").only().int(0)
          while try await pool.query("SELECT count(*) FROM written").only().int(0) < before + 20 {}
          let restarts = supervisor.state.restartCount
          let clock = ContinuousClock()
          let begun = clock.now
          kill(try ServerFiles(folder).postmaster, SIGKILL)
          while supervisor.state.restartCount == restarts, clock.now - begun < .seconds(30) {
            try await clock.sleep(for: .milliseconds(5))
          }
          try await pool.query("SELECT 1")
          let span = clock.now - begun
          #expect(span < SupervisorTests.limit, "the server was down for \(span)")
        }
        isDone.raise()
        var answered: [Int64] = []
        for _ in 0..<4 { answered += try await group.next() ?? [] }
        group.cancelAll()
        return answered
      }
      let rows = try await pool.query("SELECT id FROM written", [])
      let stored = Set(try rows.map { row throws(PostgresError) in try row.int("id") })
      #expect(answered.filter { !stored.contains($0) } == [], "answered rows are lost")
      print("\(answered.count) rows answered during \(SupervisorTests.kills) kills")
      #expect(reports.withLock { $0.count { $0.contains("answers again") } } == SupervisorTests.kills)
      await pool.close()
      try await server.stop()
    }
  }

  /// Writes rows until the end. A statement that was in progress when the server ended may fail; only its
  /// outcome is unknown, and the error must say that the server was unreachable.
  private static func write(
    _ writer: Int, to pool: PostgresPool, until isDone: Flag
  ) async throws -> [Int64] {
    var answered: [Int64] = []
    var id = Int64(writer)
    while !isDone.isRaised {
      id += 4
      do throws(PostgresError) {
        try await pool.query("INSERT INTO written VALUES ($1)", [.int(id)])
        answered.append(id)
      } catch {
        #expect(error.code == .unreachable, "\(error.debugDescription)")
      }
    }
    return answered
  }

  @Test("A server that was stopped is not restarted") func stopped() async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder, options: .init(isDurable: false))
      try await server.start()
      let supervisor = ServerSupervisor(server) { _ in }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await supervisor.run() }
        #expect(try await server.stop())
        try await ContinuousClock().sleep(for: .milliseconds(600))
        #expect(try ServerFiles(folder).processes == [])
        group.cancelAll()
      }
      #expect(supervisor.state.restartCount == 0)
    }
  }
}
