import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// Deliveries, replays and erasures at the same moment.
  @Suite(.timeLimit(.minutes(5))) struct RaceTests {
    @Test func `replays beside deliveries credit once, and erasing beside refunds takes back once`()
      async throws
    {
      try await Till.with(connections: 12) { (till) async throws in
        for round in 1...10 {
          var payment = Payment(number: round, reference: "buyer-\(round)")
          payment.lines = [("price_r\(round)", 1, 1000)]
          let body = payment
          await till.take(body.completed())
          let letter = try #require(try await till.books.letters().last)
          try await till.price("price_r\(round)", credits: 10, from: 1_795_000_150)
          await withTaskGroup(of: Void.self) { group in
            for n in 0..<6 {
              group.addTask { _ = await till.books.replay(letter.id) }
              group.addTask { await till.take(body.completed()) }
              group.addTask { await till.take(body.completed("paid", event: "evt_\(round)_\(n)")) }
            }
          }
          #expect(try await till.balance("buyer-\(round)") == 10_000_000)
          let pool = till.pool
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
                let outcome = await till.take(body.refunded(Int64(n) * 200))
                if case .unavailable(let error) = outcome { return "\(error)" }
                return nil
              }
            }
            return await group.reduce(into: [String]()) { if let text = $1 { $0.append(text) } }
          }
          #expect(failures == [])
          #expect(
            try await till.count(
              "SELECT reversed_micro FROM billing_purchases WHERE session = '\(body.session)'")
              == 10_000_000)
        }
        #expect(try await till.reasons().filter { $0 != "unknown_price" } == [], "letters that stay")
        try await till.expectBalanced()
      }
    }
  }
}
