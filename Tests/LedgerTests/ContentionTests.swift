import Glibc
import Ledger
import Model
import Postgres
import Synchronization
import Testing

extension LedgerTests {
  /// Many at once on accounts that cannot pay for all of it.
  @Suite struct ContentionTests {
    private final class Shared: Sendable {
      let batches = Atomic(0)
      let killed = Atomic(0)
      let failures = Mutex<[String]>([])
    }

    /// Batches of holds over all accounts, in an order of their own each, from many connections.
    @Test(.timeLimit(.minutes(2))) func `exactly what can be paid is accepted, while connections are killed`()
      async throws
    {
      let (accounts, connections, batches, size) = (20, 64, 320, 20)
      let price: Int64 = 7
      let budget: Int64 = 1000
      try await Books.with(connections: connections + 1) { books in
        let names = (0..<accounts).map { "creator-\($0)" }
        try await books.ledger.open(names, as: .creator)
        for name in names { try await books.grant(budget, to: name, key: "g-\(name)") }
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<connections {
            group.addTask {
              while true {
                let batch = shared.batches.add(1, ordering: .relaxed).oldValue
                guard batch < batches else { return }
                let calls = (0..<size).map { place in
                  let account = names[(batch * 7 + place * (1 + batch % 3)) % accounts]
                  return LedgerCall.hold(price, on: account, key: "\(batch)-\(place)")
                }
                // A connection that dies leaves open what became of the batch: the same keys may be sent again.
                while (try? await books.ledger.execute(calls)) == nil {}
              }
            }
          }
          group.addTask {
            while shared.batches.load(ordering: .relaxed) < batches {
              let victim = try? await books.pool.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' LIMIT 1
                """)
              shared.killed.add(victim?.count ?? 0, ordering: .relaxed)
              let below = try? await books.count(
                "SELECT count(*) FROM accounts WHERE kind = 'creator' AND balance_micro < held_micro")
              #expect((below ?? 0) == 0)
            }
          }
        }
        let affordable = Int64(accounts) * (budget / price)
        #expect(Int64(batches * size) > 2 * affordable, "more is asked for than can be paid")
        #expect(try await books.count("SELECT count(*) FROM holds") == affordable)
        #expect(
          try await books.count(
            "SELECT count(*) FROM ledger_calls WHERE outcome = 'done' AND hold IS NOT NULL")
            == affordable)
        #expect(try await books.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
        #expect(shared.killed.load(ordering: .relaxed) > 0)
        #expect(try await LedgerProof(books.pool).verify().findings == [])
      }
    }

    /// Batches that lock the same accounts in opposite orders.
    @Test(.timeLimit(.minutes(1))) func `transfers to and fro never wait for each other in a circle`()
      async throws
    {
      try await Books.with(connections: 16) { books in
        let names = (0..<8).map { "creator-\($0)" }
        try await books.ledger.open(names, as: .creator)
        for name in names { try await books.grant(1000, to: name, key: "g-\(name)") }
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
          for worker in 0..<16 {
            group.addTask {
              for round in 0..<20 {
                let order = worker % 2 == 0 ? names : names.reversed()
                let calls = zip(order, order.dropFirst()).map { from, to in
                  LedgerCall(
                    .transfer([LedgerLeg(to: to, Credits(micro: 1), for: "payout")], job: ""), on: from,
                    key: "\(worker)-\(round)")
                }
                do {
                  for result in try await books.ledger.execute(calls) { _ = try result.get() }
                } catch {
                  shared.failures.withLock { $0.append("\(error)") }
                }
              }
            }
          }
        }
        #expect(shared.failures.withLock { $0 } == [])
        #expect(try await books.entries() == 8 + 16 * 20 * 7)
        #expect(try await LedgerProof(books.pool).verify().findings == [])
      }
    }
  }
}
