import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// A purchase gives 100 credits for 10.00.
  @Suite(.timeLimit(.minutes(5))) struct ReversingTests {
    private static func credits(_ count: Int64) -> Credits { Credits(micro: count * 1_000_000) }

    @Test func `a full refund takes back exactly what was credited, once`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        // What the price gives now is of no account.
        try await till.pool.query("UPDATE price_map_entries SET credits_micro = 1")
        #expect(await till.take(payment.refunded(1000)) == .reversed(Self.credits(100)))
        #expect(await till.take(payment.refunded(1000)) == .repeated)
        #expect(try await till.balance() == 0)
        #expect(try await till.count("SELECT reversed_micro FROM billing_purchases") == 100_000_000)
        try await till.expectBalanced()
      }
    }

    @Test func `partial refunds add up to the whole, in any order`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(lines: [("price_100", 1, 999)])
        await till.take(payment.completed())
        #expect(await till.take(payment.refunded(333)) == .reversed(Credits(micro: 33_333_333)))
        #expect(await till.take(payment.refunded(998)) == .reversed(Credits(micro: 66_566_566)))
        #expect(await till.take(payment.refunded(500)) == .noted, "older than what is known")
        #expect(try await till.balance() == 100_101)
        #expect(await till.take(payment.refunded(999)) == .reversed(Credits(micro: 100_101)))
        #expect(try await till.balance() == 0)
      }
    }

    @Test func `a dispute takes back, and gives back exactly that when it is won`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        #expect(
          await till.take(payment.dispute("needs_response", 333)) == .reversed(Credits(micro: 33_300_000)))
        #expect(await till.take(payment.dispute("needs_response", 333, on: "funds_withdrawn")) == .noted)
        #expect(
          await till.take(payment.dispute("won", 333, on: "closed")) == .reversed(Credits(micro: 33_300_000)))
        #expect(await till.take(payment.dispute("won", 333, on: "funds_reinstated")) == .noted)
        #expect(try await till.balance() == 100_000_000)
        let other = Payment(number: 2)
        await till.take(other.completed())
        #expect(await till.take(other.dispute("needs_response", 1000)) == .reversed(Self.credits(100)))
        #expect(await till.take(other.dispute("lost", 1000, on: "closed")) == .noted)
        #expect(try await till.balance() == 100_000_000)
        #expect(await till.take(Payment(number: 3).completed()) == .credited(Self.credits(100)))
        #expect(await till.take(Payment(number: 3).dispute("warning_needs_response", 1000)) == .noted)
        try await till.expectBalanced()
      }
    }

    @Test func `a dispute that was closed is not opened by older news`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        #expect(await till.take(payment.dispute("won", 1000, on: "closed", at: 1_795_000_300)) == .noted)
        #expect(await till.take(payment.dispute("needs_response", 1000)) == .noted)
        #expect(try await till.balance() == 100_000_000)
      }
    }

    @Test func `refund and dispute together take back no more than was credited`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        #expect(await till.take(payment.refunded(600)) == .reversed(Self.credits(60)))
        #expect(await till.take(payment.dispute("needs_response", 600)) == .reversed(Self.credits(40)))
        #expect(await till.take(payment.dispute("won", 600, on: "closed")) == .reversed(Self.credits(40)))
        #expect(try await till.balance() == 40_000_000)
      }
    }

    @Test func `what comes before its purchase waits and counts then`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        #expect(await till.take(payment.refunded(250)).refusal == .unknownPurchase)
        #expect(await till.take(payment.dispute("lost", 500, on: "closed")).refusal == .unknownPurchase)
        #expect(await till.take(Payment(number: 2).refunded(1)).refusal == .unknownPurchase)
        #expect(await till.take(payment.completed()) == .credited(Self.credits(100)))
        #expect(try await till.balance() == 25_000_000)
        #expect(try await till.books.letters().map(\.subject) == ["ch_2"], "another payment's letter stays")
        #expect(await till.take(payment.refunded(250)) == .noted)
        #expect(try await till.balance() == 25_000_000)
      }
    }

    @Test func `a refund that arrives at the same moment as its purchase is not lost`() async throws {
      try await Till.with(connections: 12) { (till) async throws in
        for round in 0..<20 {
          await withTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
              let payment = Payment(number: round * 6 + number + 1, reference: "buyer-\(number)")
              group.addTask { await till.take(payment.completed()) }
              group.addTask { await till.take(payment.refunded(1000)) }
            }
          }
        }
        let kept = try await till.count(
          "SELECT count(*) FROM billing_purchases WHERE reversed_micro <> credits_micro")
        #expect(kept == 0)
        #expect(try await till.count("SELECT count(*) FROM billing_purchases") == 120)
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `a refund in another currency moves nothing`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        #expect(await till.take(payment.refunded(250, currency: "eur")).refusal == .unknownPurchase)
        await till.take(payment.completed())
        #expect(try await till.reasons() == ["wrong_currency"])
        #expect(await till.take(payment.refunded(300, currency: "eur")).refusal == .wrongCurrency)
        #expect(try await till.balance() == 100_000_000)
      }
    }

    @Test func `an account is never overdrawn: the rest is outstanding and replayed`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        try await till.spend(70_000_000, key: "work")
        let hold = LedgerCall(
          .hold(Self.credits(10), job: "j", lifetime: TimeSpan(seconds: 3600)), on: "ada", key: "h")
        _ = try await LedgerStore(till.pool).execute([hold])[0].get()
        #expect(await till.take(payment.refunded(1000)).refusal == .notCovered)
        #expect(try await till.balance() == 10_000_000, "what a hold reserves stays")
        let letter = try #require(try await till.books.letters().first)
        #expect(
          letter.reason == "not_covered" && letter.message.hasPrefix("80 of 100 credits"), "\(letter.message)"
        )

        guard case .tried(.kept) = await till.books.replay(letter.id) else {
          Issue.record("there is nothing free yet")
          return
        }
        await till.take(Payment(number: 2).completed())
        #expect(await till.books.replay(letter.id) == .tried(.reversed(Self.credits(80))))
        #expect(try await till.balance() == 30_000_000)
        #expect(try await till.reasons() == [])
        #expect(
          try await till.count("SELECT reversed_micro FROM billing_purchases WHERE session = 'cs_live_1'")
            == 100_000_000)
        try await till.expectBalanced()
      }
    }

    @Test func `a won dispute makes what is outstanding less`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        try await till.spend(70_000_000, key: "work")
        #expect(await till.take(payment.dispute("needs_response", 1000)).refusal == .notCovered)
        #expect(try await till.reasons() == ["not_covered"])
        #expect(await till.take(payment.dispute("won", 1000, on: "closed")) == .reversed(Self.credits(30)))
        #expect(try await till.reasons() == [])
        #expect(try await till.balance() == 30_000_000)
      }
    }

    @Test func `an inquiry that becomes a dispute takes back once, by several events`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(lines: [("price_100", 3, 2999), ("price_550", 1, 5000)])
        await till.take(payment.completed())
        #expect(await till.take(payment.dispute("warning_needs_response", 7999)) == .noted)
        #expect(
          await till.take(payment.dispute("needs_response", 7999, on: "funds_withdrawn", at: 1_795_000_150))
            == .reversed(Credits(micro: 850_000_000)))
        #expect(await till.take(payment.dispute("lost", 7999, on: "closed", at: 1_795_000_160)) == .noted)
        await till.take(payment.refunded(7999))
        #expect(try await till.balance() == 0)
        try await till.expectBalanced()
      }
    }

    @Test func `what is not covered is told as kept, so that it is logged`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        try await till.spend(100_000_000, key: "all")
        let outcome = await till.take(payment.refunded(1000))
        #expect(try await till.reasons() == ["not_covered"])
        #expect(outcome.refusal == .notCovered, "\(outcome)")
      }
    }
  }
}
