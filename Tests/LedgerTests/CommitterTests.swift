import Ledger
import Model
import Postgres
import Testing

extension LedgerTests {
  /// Calls of many at once, each with its own outcome, in few transactions.
  @Suite struct CommitterTests {
    @Test func `many calls share few transactions, and each gets what it came to`() async throws {
      try await Books.with { books in
        try await books.grant(100, to: "creator", key: "g")
        let before = try await books.count("SELECT count(DISTINCT xmin::text) FROM ledger_calls")
        let committer = LedgerCommitter(books.ledger, width: 1)
        let codes = try await withThrowingTaskGroup(of: LedgerError.Code?.self) { group in
          for number in 0..<300 {
            group.addTask { try await committer.commit(.hold(1, key: "\(number)")).code }
          }
          group.addTask { try await committer.commit(.hold(-1, key: "bad")).code }
          group.addTask { try await committer.commit(.hold(1, on: "nobody", key: "none")).code }
          return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(codes == [nil: 100, .insufficientCredit: 200, .invalidAmount: 1, .unknownAccount: 1])
        let transactions =
          try await books.count("SELECT count(DISTINCT xmin::text) FROM ledger_calls") - before
        #expect(transactions <= 100, "\(transactions) transactions for 300 calls")
        #expect(try await books.available("creator") == 0)
      }
    }

    @Test func `a database that is gone fails every call that waits, and the next ones are tried anew`()
      async throws
    {
      try await Books.with { books in
        try await books.grant(100, to: "creator", key: "g")
        let pool = books.pool
        let committer = LedgerCommitter(books.ledger)
        try await pool.query("ALTER TABLE accounts RENAME TO elsewhere")
        for number in 0..<3 {
          await #expect(throws: PostgresError.self) {
            _ = try await committer.commit(.hold(1, key: "\(number)"))
          }
        }
        try await pool.query("ALTER TABLE elsewhere RENAME TO accounts")
        #expect(try await committer.commit(.hold(1, key: "0")).code == nil)
      }
    }
  }
}
