import Billing
import Model
import StripeSupport
import Testing

extension PurchaseTests {
  /// Whatever order and however often Stripe delivers: credits end where the model has them.
  @Suite(.timeLimit(.minutes(5))) struct BillingPropertyTests {
    @Test(arguments: 1...12)
    func `deliveries in any order and number end the same`(seed: UInt64) async throws {
      var numbers = SeededNumbers(seed: seed)
      var (deliveries, expected): ([String], Int64) = ([], 0)
      for number in 1...6 {
        let story = Self.story(number, &numbers)
        expected += story.credits
        for event in story.events {
          for _ in 0..<Int.random(in: 1...3, using: &numbers) { deliveries.append(event) }
        }
      }
      let order = deliveries.shuffled(using: &numbers)
      let expectation = expected
      try await Till.with(connections: 12) { till in
        await withTaskGroup(of: Void.self) { group in
          for worker in 0..<4 {
            group.addTask {
              for place in stride(from: worker, to: order.count, by: 4) { await till.take(order[place]) }
            }
          }
        }
        #expect(try await till.balance() ?? 0 == expectation, "seed \(seed)")
        let kept = try await till.count(
          "SELECT coalesce(sum(credits_micro - reversed_micro), 0)::bigint FROM billing_purchases")
        #expect(kept == expectation, "seed \(seed)")
        #expect(
          try await till.reasons().allSatisfy { $0 == "unpaid" }, "seed \(seed)")
        try await till.expectBalanced()
      }
    }

    /// The events of one payment, and what its account has of it in the end.
    private static func story(_ number: Int, _ numbers: inout SeededNumbers) -> (
      events: [String], credits: Int64
    ) {
      let amount = Int64.random(in: 1...3000, using: &numbers)
      let quantity = Int64.random(in: 1...4, using: &numbers)
      let payment = Payment(number: number, lines: [("price_100", quantity, amount)])
      let isPaid = Int.random(in: 0..<6, using: &numbers) > 0
      var events = [payment.completed(isPaid ? "paid" : "unpaid")]
      let comesLater = !isPaid && Bool.random(using: &numbers)
      if comesLater { events.append(payment.asyncSucceeded()) }
      guard isPaid || comesLater else { return (events, 0) }

      var returned: Int64 = 0
      for _ in 0..<Int.random(in: 0...3, using: &numbers) {
        returned = Int64.random(in: returned...amount, using: &numbers)
        if returned > 0 { events.append(payment.refunded(returned)) }
      }
      if Bool.random(using: &numbers) {
        let disputed = Int64.random(in: 1...amount, using: &numbers)
        events.append(payment.dispute("needs_response", disputed))
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: returned += disputed
        case 1:
          events.append(payment.dispute("lost", disputed, on: "closed", at: 1_795_000_900))
          returned += disputed
        default: events.append(payment.dispute("won", disputed, on: "closed", at: 1_795_000_900))
        }
      }
      let credits = quantity * 100_000_000
      // Written anew, without the product's full width: these fit.
      let reversed = returned >= amount ? credits : credits * returned / amount
      return (events, credits - reversed)
    }
  }
}
