import Ledger
import Model
import Postgres
import PostgresSupport
import Testing

/// One after the other: each has a database of its own, and some many connections.
@Suite(.serialized) enum LedgerTests {}

/// Books on a new database of a real server, with one account of each kind.
struct Books: Sendable {
  let pool: PostgresPool
  let ledger: LedgerStore

  static func with(connections: Int = 8, _ body: (Books) async throws -> Void) async throws {
    try await TestDatabase.with(connections: connections) { pool in
      // Numbers are those of the whole platform; here the ledger is alone.
      for migration in Ledger.migrations { try await pool.script(migration.sql) }
      try await LedgerStore(pool).installTriggers()
      let books = Books(pool: pool, ledger: LedgerStore(pool))
      for kind in LedgerStore.AccountKind.allCases { try await books.ledger.open([kind.rawValue], as: kind) }
      try await body(books)
    }
  }

  /// Puts credits into an account out of nothing, as a purchase does.
  func grant(_ micro: Int64, to account: String, key: String) async throws {
    let leg = LedgerLeg(to: account, Credits(micro: micro), for: "grant")
    let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: key)
    _ = try await ledger.execute([call])[0].get()
  }

  func available(_ account: String) async throws -> Int64? {
    try await ledger.account(account)?.available.micro
  }

  /// Returns once a transaction of this database waits for another's lock.
  func untilSomebodyWaits() async throws {
    let waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in 0..<500 where try await count(waiting) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    try #require(try await count(waiting) > 0, "nobody came to wait")
  }

  /// What must be true of all accounts at every moment.
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
