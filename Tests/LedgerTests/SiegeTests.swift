import FoundationEssentials
import Glibc
import Ledger
import Model
import Postgres
import PostgresSupport
import Subprocess
import Testing

extension LedgerTests {
  /// Another process requests far more holds than can be paid, over 64 connections, while a backend of the
  /// server and the process itself are killed with SIGKILL.
  @Suite struct SiegeTests {
    private static let (holds, accounts, price, budget): (Int64, Int64, Int64, Int64) = (
      200_000, 100, 7, 8_755
    )

    @Test("Of 200,000 holds exactly those are accepted that 100 accounts can pay", .timeLimit(.minutes(10)))
    func acceptsExactlyAffordableHolds()
      async throws
    {
      try await TestFolder.with { folder in
        // A killed backend ends all connections of its server, so the test has its own server, with the
        // platform's durability settings.
        let server = PostgresServer(stateFolder: folder)
        try await server.start()
        let outcome: Result<Void, any Error>
        do {
          outcome = .success(try await besiege(server))
        } catch {
          outcome = .failure(error)
        }
        _ = try? await server.stop()
        try outcome.get()
      }
    }

    private func besiege(_ server: PostgresServer) async throws {
      try await server.createDatabase("siege")
      let pool = PostgresPool(try await server.configuration(database: "siege"), connections: 2)
      for migration in Ledger.migrations { try await pool.script(migration.sql) }
      try await LedgerStore(pool).installTriggers()
      let ledger = LedgerStore(pool)
      let names = (0..<Self.accounts).map { "creator-\($0)" }
      try await ledger.open(names, as: .creator)
      try await ledger.open(["stripe"], as: .stripeClearing)
      let grants = names.map { name in
        LedgerCall(
          .transfer([LedgerLeg(to: name, Credits(micro: Self.budget), for: "grant")], job: ""), on: "stripe",
          key: name)
      }
      for result in try await ledger.execute(grants) { _ = try result.get() }
      let socket = await server.socketFolder ?? ""

      // First a backend is killed, which the program survives, then the program.
      let first = try await program(socket) { pid in
        try await reach(Self.holds / 5, pool)
        let backend = try await Self.retrying {
          try await pool.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' LIMIT 1
            """
          ).only().int(0)
        }
        #expect(kill(pid_t(backend), SIGKILL) == 0)
        try await reach(Self.holds / 2, pool)
        kill(pid, SIGKILL)
      }
      #expect(first.status == .signaled(SIGKILL), "it ended before it was killed: \(first.text)")
      let second = try await program(socket) { _ in }
      let affordable = Self.accounts * (Self.budget / Self.price)
      #expect(second.text.hasPrefix("\(Self.holds) holds, \(affordable) accepted"), "\(second.text)")

      func count(_ sql: String) async throws -> Int64 { try await pool.query(sql).only().int(0) }
      #expect(affordable < Self.holds, "more is requested than can be paid")
      #expect(try await count("SELECT count(*) FROM holds WHERE state = 'open'") == affordable)
      #expect(try await count("SELECT count(*) FROM ledger_calls") == Self.holds + Self.accounts)
      #expect(
        try await count(
          "SELECT count(*) FROM accounts WHERE kind = 'creator' AND balance_micro - held_micro < 0") == 0)
      #expect(
        try await count(
          "SELECT count(*) FROM accounts WHERE kind = 'creator' AND balance_micro - held_micro >= 7") == 0)
      #expect(try await count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
      #expect(try await LedgerProof(pool).verify().findings == [])
      await pool.close()
    }

    /// Returns once a number of calls have an outcome. Checks meanwhile that no account is overdrawn.
    private func reach(_ calls: Int64, _ pool: PostgresPool) async throws {
      while true {
        let row = try await Self.retrying {
          try await pool.query(
            """
            SELECT (SELECT count(*) FROM ledger_calls), (SELECT count(*) FROM accounts
              WHERE kind = 'creator' AND balance_micro < held_micro)
            """
          ).only()
        }
        #expect(try row.int(1) == 0, "an account is overdrawn")
        if try row.int(0) >= calls { return }
        try await Task.sleep(for: .milliseconds(50))
      }
    }

    /// Retries a query while the server restarts.
    private static func retrying<Answer>(_ query: () async throws -> Answer) async throws -> Answer {
      for _ in 0..<300 {
        if let answer = try? await query() { return answer }
        try await Task.sleep(for: .milliseconds(50))
      }
      return try await query()
    }

    /// Runs the program to its end, concurrently with `body`.
    private func program(
      _ socket: String, beside body: (pid_t) async throws -> Void
    ) async throws -> (status: TerminationStatus, text: String) {
      let folder = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let places = (0..<folder.count).map { folder.dropLast($0).joined(separator: "/") + "/siege-ledger" }
      let path = try #require(places.first { access($0, X_OK) == 0 }, "siege-ledger is not built")
      let result = try await run(
        .name("env"), arguments: [path, socket, "siege", String(Self.holds), "64"], input: .none,
        output: .string(limit: 4096), error: .string(limit: 1 << 16)
      ) { execution in
        let pid = execution.processIdentifier.value
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(pid)) } catch { outcome = .failure(error) }
        if case .failure = outcome { kill(pid, SIGKILL) }
        return outcome
      }
      try result.closureResult.get()
      return (result.terminationStatus, result.standardOutput)
    }
  }
}
