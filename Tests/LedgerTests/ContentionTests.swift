import Glibc
import Ledger
import Model
import Postgres
import Synchronization
import Testing

extension LedgerTests {
  /// Concurrent calls on accounts that cannot pay for all of them.
  @Suite struct ContentionTests {
    private final class Shared: Sendable {
      let batches = Atomic(0)
      let killed = Atomic(0)
      let failures = Mutex<[String]>([])
    }

    /// Batches of holds over all accounts, each in a different order, from many connections.
    @Test("Exactly the affordable holds are accepted while connections are killed", .timeLimit(.minutes(2)))
    func acceptsAffordableHoldsWhileConnectionsAreKilled()
      async throws
    {
      let (accounts, connections, batches, size) = (20, 64, 320, 20)
      let price: Int64 = 7
      let budget: Int64 = 1000
      try await LedgerFixture.with(connections: connections + 1) { fixture in
        let names = (0..<accounts).map { "creator-\($0)" }
        try await fixture.ledger.open(names, as: .creator)
        for name in names { try await fixture.grant(budget, to: name, key: "g-\(name)") }
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<connections {
            group.addTask {
              while true {
                let batch = shared.batches.add(1, ordering: .relaxed).oldValue
                guard batch < batches else { return }
                let calls = (0..<size).map { index in
                  let account = names[(batch * 7 + index * (1 + batch % 3)) % accounts]
                  return LedgerCall.hold(price, on: account, key: "\(batch)-\(index)")
                }
                // After a lost connection the outcome of the batch is unknown; it is sent again with the same
                // keys.
                while (try? await fixture.ledger.execute(calls)) == nil {}
              }
            }
          }
          group.addTask {
            while shared.batches.load(ordering: .relaxed) < batches {
              let victim = try? await fixture.pool.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' LIMIT 1
                """)
              shared.killed.add(victim?.count ?? 0, ordering: .relaxed)
              let below = try? await fixture.count(
                "SELECT count(*) FROM accounts WHERE kind = 'creator' AND balance_micro < held_micro")
              #expect((below ?? 0) == 0)
            }
          }
        }
        let affordable = Int64(accounts) * (budget / price)
        #expect(Int64(batches * size) > 2 * affordable, "more is requested than can be paid")
        #expect(try await fixture.count("SELECT count(*) FROM holds") == affordable)
        #expect(
          try await fixture.count(
            "SELECT count(*) FROM ledger_calls WHERE outcome = 'done' AND hold IS NOT NULL")
            == affordable)
        #expect(try await fixture.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
        #expect(shared.killed.load(ordering: .relaxed) > 0)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }

    /// Batches that lock the same accounts in opposite orders.
    @Test("Opposite transfers do not deadlock", .timeLimit(.minutes(1))) func oppositeTransfersDoNotDeadlock()
      async throws
    {
      try await LedgerFixture.with(connections: 16) { fixture in
        let names = (0..<8).map { "creator-\($0)" }
        try await fixture.ledger.open(names, as: .creator)
        for name in names { try await fixture.grant(1000, to: name, key: "g-\(name)") }
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
                  for result in try await fixture.ledger.execute(calls) { _ = try result.get() }
                } catch {
                  shared.failures.withLock { $0.append("\(error)") }
                }
              }
            }
          }
        }
        #expect(shared.failures.withLock { $0 } == [])
        #expect(try await fixture.entries() == 8 + 16 * 20 * 7)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }
  }
}
