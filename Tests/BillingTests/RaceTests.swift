import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// Concurrent deliveries, replays and erasures.
  @Suite(.timeLimit(.minutes(5))) struct RaceTests {
    @Test("Concurrent replays and deliveries credit once, concurrent erasures and refunds reverse once")
    func concurrentOperationsActOnce()
      async throws
    {
      try await BillingFixture.with(connections: 12) { (fixture) async throws in
        for round in 1...10 {
          var payment = Payment(number: round, reference: "buyer-\(round)")
          payment.lines = [("price_r\(round)", 1, 1000)]
          let body = payment
          await fixture.process(body.completed())
          let deadLetter = try #require(try await fixture.store.deadLetters().last)
          try await fixture.price("price_r\(round)", credits: 10, from: 1_795_000_150)
          await withTaskGroup(of: Void.self) { group in
            for n in 0..<6 {
              group.addTask { _ = await fixture.store.replay(deadLetter.id) }
              group.addTask { await fixture.process(body.completed()) }
              group.addTask { await fixture.process(body.completed("paid", event: "evt_\(round)_\(n)")) }
            }
          }
          #expect(try await fixture.balance("buyer-\(round)") == 10_000_000)
          let pool = fixture.pool
          let failures = await withTaskGroup(of: String?.self) { group in
            group.addTask {
              do {
                _ = try await LedgerErasure.erase(
                  "buyer-\(round)", by: "op", in: pool, alsoErasing: [BillingErasure.hook])
                return nil
              } catch { return "\(error)" }
            }
            for n in 1...5 {
              group.addTask {
                let outcome = await fixture.process(body.refunded(Int64(n) * 200))
                if case .unavailable(let error) = outcome { return "\(error)" }
                return nil
              }
            }
            return await group.reduce(into: [String]()) { if let text = $1 { $0.append(text) } }
          }
          #expect(failures == [])
          #expect(
            try await fixture.count(
              "SELECT reversed_micro FROM billing_purchases WHERE session = '\(body.session)'")
              == 10_000_000)
        }
        #expect(try await fixture.reasons().filter { $0 != "unknown_price" } == [], "dead letters stay open")
        try await fixture.expectBalanced()
      }
    }
  }
}
