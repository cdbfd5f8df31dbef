import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// A purchase gives 100 credits for 10.00.
  @Suite(.timeLimit(.minutes(5))) struct ReversingTests {
    private static func credits(_ count: Int64) -> Credits { Credits(micro: count * 1_000_000) }

    @Test("A full refund reverses exactly the credits, once") func fullRefundReversesOnce() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        // The current price does not matter.
        try await fixture.pool.query("UPDATE price_map_entries SET credits_micro = 1")
        #expect(await fixture.process(payment.refunded(1000)) == .reversed(Self.credits(100)))
        #expect(await fixture.process(payment.refunded(1000)) == .repeated)
        #expect(try await fixture.balance() == 0)
        #expect(try await fixture.count("SELECT reversed_micro FROM billing_purchases") == 100_000_000)
        try await fixture.expectBalanced()
      }
    }

    @Test("Partial refunds add up to the whole in any order") func partialRefundsAddUp() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(lines: [("price_100", 1, 999)])
        await fixture.process(payment.completed())
        #expect(await fixture.process(payment.refunded(333)) == .reversed(Credits(micro: 33_333_333)))
        #expect(await fixture.process(payment.refunded(998)) == .reversed(Credits(micro: 66_566_566)))
        #expect(await fixture.process(payment.refunded(500)) == .noted, "older than the recorded refund")
        #expect(try await fixture.balance() == 100_101)
        #expect(await fixture.process(payment.refunded(999)) == .reversed(Credits(micro: 100_101)))
        #expect(try await fixture.balance() == 0)
      }
    }

    @Test("A dispute reverses credits, and reinstates them when it is won") func wonDisputeReinstatesCredits()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        #expect(
          await fixture.process(payment.dispute("needs_response", 333))
            == .reversed(Credits(micro: 33_300_000)))
        #expect(
          await fixture.process(payment.dispute("needs_response", 333, on: "funds_withdrawn")) == .noted)
        #expect(
          await fixture.process(payment.dispute("won", 333, on: "closed"))
            == .reversed(Credits(micro: 33_300_000)))
        #expect(await fixture.process(payment.dispute("won", 333, on: "funds_reinstated")) == .noted)
        #expect(try await fixture.balance() == 100_000_000)
        let other = Payment(number: 2)
        await fixture.process(other.completed())
        #expect(await fixture.process(other.dispute("needs_response", 1000)) == .reversed(Self.credits(100)))
        #expect(await fixture.process(other.dispute("lost", 1000, on: "closed")) == .noted)
        #expect(try await fixture.balance() == 100_000_000)
        #expect(await fixture.process(Payment(number: 3).completed()) == .credited(Self.credits(100)))
        #expect(await fixture.process(Payment(number: 3).dispute("warning_needs_response", 1000)) == .noted)
        try await fixture.expectBalanced()
      }
    }

    @Test("An older event does not reopen a closed dispute") func olderEventDoesNotReopenDispute()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        #expect(
          await fixture.process(payment.dispute("won", 1000, on: "closed", at: 1_795_000_300)) == .noted)
        #expect(await fixture.process(payment.dispute("needs_response", 1000)) == .noted)
        #expect(try await fixture.balance() == 100_000_000)
      }
    }

    @Test("A refund and a dispute together reverse at most the credits")
    func refundAndDisputeReverseAtMostCredits() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        #expect(await fixture.process(payment.refunded(600)) == .reversed(Self.credits(60)))
        #expect(await fixture.process(payment.dispute("needs_response", 600)) == .reversed(Self.credits(40)))
        #expect(
          await fixture.process(payment.dispute("won", 600, on: "closed")) == .reversed(Self.credits(40)))
        #expect(try await fixture.balance() == 40_000_000)
      }
    }

    @Test("A reversal before its purchase counts once it is recorded") func earlyReversalCountsLater()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        #expect(await fixture.process(payment.refunded(250)).refusal == .unknownPurchase)
        #expect(await fixture.process(payment.dispute("lost", 500, on: "closed")).refusal == .unknownPurchase)
        #expect(await fixture.process(Payment(number: 2).refunded(1)).refusal == .unknownPurchase)
        #expect(await fixture.process(payment.completed()) == .credited(Self.credits(100)))
        #expect(try await fixture.balance() == 25_000_000)
        #expect(
          try await fixture.store.deadLetters().map(\.subject) == ["ch_2"],
          "the dead letter of another payment stays")
        #expect(await fixture.process(payment.refunded(250)) == .noted)
        #expect(try await fixture.balance() == 25_000_000)
      }
    }

    @Test("A refund concurrent with its purchase is not lost") func concurrentRefundIsNotLost() async throws {
      try await BillingFixture.with(connections: 12) { (fixture) async throws in
        for round in 0..<20 {
          await withTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
              let payment = Payment(number: round * 6 + number + 1, reference: "buyer-\(number)")
              group.addTask { await fixture.process(payment.completed()) }
              group.addTask { await fixture.process(payment.refunded(1000)) }
            }
          }
        }
        let kept = try await fixture.count(
          "SELECT count(*) FROM billing_purchases WHERE reversed_micro <> credits_micro")
        #expect(kept == 0)
        #expect(try await fixture.count("SELECT count(*) FROM billing_purchases") == 120)
        #expect(try await fixture.reasons() == [])
      }
    }

    @Test("A refund in another currency moves nothing") func refundInOtherCurrencyMovesNothing() async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        #expect(await fixture.process(payment.refunded(250, currency: "eur")).refusal == .unknownPurchase)
        await fixture.process(payment.completed())
        #expect(try await fixture.reasons() == ["wrong_currency"])
        #expect(await fixture.process(payment.refunded(300, currency: "eur")).refusal == .wrongCurrency)
        #expect(try await fixture.balance() == 100_000_000)
      }
    }

    @Test("An account is never overdrawn; the outstanding rest is replayed") func outstandingRestIsReplayed()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        try await fixture.spend(70_000_000, key: "work")
        let hold = LedgerCall(
          .hold(Self.credits(10), job: "j", lifetime: TimeSpan(seconds: 3600)), on: "ada", key: "h")
        _ = try await LedgerStore(fixture.pool).execute([hold])[0].get()
        #expect(await fixture.process(payment.refunded(1000)).refusal == .notCovered)
        #expect(try await fixture.balance() == 10_000_000, "what a hold reserves stays")
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        #expect(
          deadLetter.reason == "not_covered" && deadLetter.message.hasPrefix("80 of 100 credits"),
          "\(deadLetter.message)"
        )

        guard case .tried(.kept) = await fixture.store.replay(deadLetter.id) else {
          Issue.record("there is nothing free yet")
          return
        }
        await fixture.process(Payment(number: 2).completed())
        #expect(await fixture.store.replay(deadLetter.id) == .tried(.reversed(Self.credits(80))))
        #expect(try await fixture.balance() == 30_000_000)
        #expect(try await fixture.reasons() == [])
        #expect(
          try await fixture.count("SELECT reversed_micro FROM billing_purchases WHERE session = 'cs_live_1'")
            == 100_000_000)
        try await fixture.expectBalanced()
      }
    }

    @Test("A won dispute reduces the outstanding amount") func wonDisputeReducesOutstanding() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        try await fixture.spend(70_000_000, key: "work")
        #expect(await fixture.process(payment.dispute("needs_response", 1000)).refusal == .notCovered)
        #expect(try await fixture.reasons() == ["not_covered"])
        #expect(
          await fixture.process(payment.dispute("won", 1000, on: "closed")) == .reversed(Self.credits(30)))
        #expect(try await fixture.reasons() == [])
        #expect(try await fixture.balance() == 30_000_000)
      }
    }

    @Test("An inquiry that becomes a dispute reverses once") func inquiryBecomesDispute() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(lines: [("price_100", 3, 2999), ("price_550", 1, 5000)])
        await fixture.process(payment.completed())
        #expect(await fixture.process(payment.dispute("warning_needs_response", 7999)) == .noted)
        #expect(
          await fixture.process(
            payment.dispute("needs_response", 7999, on: "funds_withdrawn", at: 1_795_000_150))
            == .reversed(Credits(micro: 850_000_000)))
        #expect(
          await fixture.process(payment.dispute("lost", 7999, on: "closed", at: 1_795_000_160)) == .noted)
        await fixture.process(payment.refunded(7999))
        #expect(try await fixture.balance() == 0)
        try await fixture.expectBalanced()
      }
    }

    @Test("A reversal that is not covered is reported as kept") func uncoveredReversalIsReported()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        await fixture.process(payment.completed())
        try await fixture.spend(100_000_000, key: "all")
        let outcome = await fixture.process(payment.refunded(1000))
        #expect(try await fixture.reasons() == ["not_covered"])
        #expect(outcome.refusal == .notCovered, "\(outcome)")
      }
    }
  }
}
