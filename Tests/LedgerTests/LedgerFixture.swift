import Ledger
import Model
import Postgres
import PostgresSupport
import Testing

/// Serialized, because each test has a database of its own and some have many connections.
@Suite(.serialized) enum LedgerTests {}

/// A ledger in a new database of a real server, with one account of each kind.
struct LedgerFixture: Sendable {
  let pool: PostgresPool
  let ledger: LedgerStore

  static func with(connections: Int = 8, _ body: (LedgerFixture) async throws -> Void) async throws {
    try await TestDatabase.with(connections: connections) { pool in
      // The migrations of other modules between these numbers are not needed here.
      for migration in Ledger.migrations { try await pool.script(migration.sql) }
      try await LedgerStore(pool).installTriggers()
      let fixture = LedgerFixture(pool: pool, ledger: LedgerStore(pool))
      for kind in LedgerStore.AccountKind.allCases {
        try await fixture.ledger.open([kind.rawValue], as: kind)
      }
      try await body(fixture)
    }
  }

  /// Grants credits to an account, as a purchase does.
  func grant(_ micro: Int64, to account: String, key: String) async throws {
    let leg = LedgerLeg(to: account, Credits(micro: micro), for: "grant")
    let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: key)
    _ = try await ledger.execute([call])[0].get()
  }

  func available(_ account: String) async throws -> Int64? {
    try await ledger.account(account)?.available.micro
  }

  /// Returns once a transaction of this database waits for a lock of another.
  func waitUntilBlocked() async throws {
    let waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in 0..<500 where try await count(waiting) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    try #require(try await count(waiting) > 0, "no transaction waits for a lock")
  }

  /// The number that a query returns.
  func count(_ sql: String) async throws -> Int64 { try await pool.query(sql).only().int(0) }

  func entries() async throws -> Int64 { try await count("SELECT count(*) FROM ledger_entries") }
}

extension LedgerCall {
  static func hold(_ micro: Int64, on account: String = "creator", key: String, lifetime: Int64 = 60)
    -> LedgerCall
  {
    LedgerCall(
      .hold(Credits(micro: micro), job: "job-\(key)", lifetime: TimeSpan(seconds: lifetime)), on: account,
      key: key)
  }

  static func capture(
    _ hold: Int64, _ legs: [(String, Int64)], on account: String = "creator", key: String
  ) -> LedgerCall {
    let legs = legs.map { LedgerLeg(to: $0.0, Credits(micro: $0.1), for: "payout") }
    return LedgerCall(.capture(hold: hold, legs), on: account, key: key)
  }
}

extension Result where Failure == LedgerError {
  var code: LedgerError.Code? {
    if case .failure(let error) = self { error.code } else { nil }
  }
}
