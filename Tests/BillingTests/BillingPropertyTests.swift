import Billing
import Ledger
import Model
import RandomSupport
import StripeSupport
import Testing

extension PurchaseTests {
  /// The final balances match the model, whatever the order and number of deliveries and whatever is spent
  /// and replayed meanwhile.
  @Suite(.timeLimit(.minutes(5))) struct BillingPropertyTests {
    @Test("Deliveries in any order and number have the same result", arguments: 1...16)
    func deliveriesCommute(seed: UInt64) async throws {
      var numbers = SeededRandom(seed: seed)
      var (deliveries, expected): ([String], [String: Int64]) = ([], [:])
      var kept: [String] = []
      for number in 1...8 {
        let story = PaymentHistory(number, &numbers)
        expected[story.payment.session] = story.credits
        if let reason = story.leaves { kept.append("\(story.payment.session): \(reason.rawValue)") }
        for event in story.events {
          for _ in 0..<Int.random(in: 1...3, using: &numbers) { deliveries.append(event) }
        }
      }
      let order = deliveries.shuffled(using: &numbers)
      let (expectation, left) = (expected, kept.sorted())
      // Spends may exceed the remaining credits, so that some reversals are not covered.
      let spends = (0..<6).map { _ in Int64.random(in: 1...150_000_000, using: &numbers) }
      try await BillingFixture.with(connections: 12) { fixture in
        try await LedgerStore(fixture.pool).open(["ada"], as: .creator)
        await withTaskGroup(of: Void.self) { group in
          for worker in 0..<4 {
            group.addTask {
              for index in stride(from: worker, to: order.count, by: 4) {
                await fixture.process(order[index])
              }
            }
          }
          group.addTask {
            for (index, spend) in spends.enumerated() {
              try? await fixture.spend(spend, key: "spend-\(index)")
            }
          }
          group.addTask { for _ in 0..<3 { await fixture.replayAll() } }
        }
        let spent = try await fixture.balance("platform") ?? 0
        let due = expectation.values.reduce(0, +)
        // Accounts receive what they lack, and then all reversals are settled.
        try await fixture.grant(1_000_000_000, to: "ada", key: "more")
        await fixture.replayAll()
        #expect(try await fixture.balance() == due + 1_000_000_000 - spent, "seed \(seed)")
        for (session, credits) in expectation {
          let held = try await fixture.count(
            """
            SELECT coalesce(sum(credits_micro - reversed_micro), 0)::bigint FROM billing_purchases
            WHERE session = '\(session)'
            """)
          #expect(held == credits, "seed \(seed): \(session)")
        }
        let open = try await fixture.store.deadLetters().map { "\($0.subject): \($0.reason)" }
        #expect(open.sorted() == left, "seed \(seed)")
        try await fixture.expectBalanced()
      }
    }
  }
}

extension BillingFixture {
  fileprivate func replayAll() async {
    for deadLetter in (try? await store.deadLetters()) ?? [] { _ = await store.replay(deadLetter.id) }
  }
}
