import Billing
import Ledger
import Model
import RandomSupport
import StripeSupport
import Testing

extension PurchaseTests {
  /// Whatever order and however often Stripe delivers, whatever is spent and replayed meanwhile: credits end where the model
  /// has them.
  @Suite(.timeLimit(.minutes(5))) struct BillingPropertyTests {
    @Test(arguments: 1...16)
    func `deliveries in any order and number end the same`(seed: UInt64) async throws {
      var numbers = SeededRandom(seed: seed)
      var (deliveries, expected): ([String], [String: Int64]) = ([], [:])
      var kept: [String] = []
      for number in 1...8 {
        let story = PaymentStory(number, &numbers)
        expected[story.payment.session] = story.credits
        if let reason = story.leaves { kept.append("\(story.payment.session): \(reason.rawValue)") }
        for event in story.events {
          for _ in 0..<Int.random(in: 1...3, using: &numbers) { deliveries.append(event) }
        }
      }
      let order = deliveries.shuffled(using: &numbers)
      let (expectation, left) = (expected, kept.sorted())
      // What is spent is less than all that is given at times, so that some is not covered.
      let spends = (0..<6).map { _ in Int64.random(in: 1...150_000_000, using: &numbers) }
      try await Till.with(connections: 12) { till in
        try await LedgerStore(till.pool).open(["ada"], as: .creator)
        await withTaskGroup(of: Void.self) { group in
          for worker in 0..<4 {
            group.addTask {
              for place in stride(from: worker, to: order.count, by: 4) { await till.take(order[place]) }
            }
          }
          group.addTask {
            for (index, spend) in spends.enumerated() { try? await till.spend(spend, key: "spend-\(index)") }
          }
          group.addTask { for _ in 0..<3 { await till.replayAll() } }
        }
        let spent = try await till.balance("platform") ?? 0
        let due = expectation.values.reduce(0, +)
        // Whoever lacks something gets it, and then all is settled.
        try await till.grant(1_000_000_000, to: "ada", key: "more")
        await till.replayAll()
        #expect(try await till.balance() == due + 1_000_000_000 - spent, "seed \(seed)")
        for (session, credits) in expectation {
          let held = try await till.count(
            """
            SELECT coalesce(sum(credits_micro - reversed_micro), 0)::bigint FROM billing_purchases
            WHERE session = '\(session)'
            """)
          #expect(held == credits, "seed \(seed): \(session)")
        }
        let open = try await till.books.letters().map { "\($0.subject): \($0.reason)" }
        #expect(open.sorted() == left, "seed \(seed)")
        try await till.expectBalanced()
      }
    }
  }
}

extension Till {
  fileprivate func replayAll() async {
    for letter in (try? await books.letters()) ?? [] { _ = await books.replay(letter.id) }
  }
}
