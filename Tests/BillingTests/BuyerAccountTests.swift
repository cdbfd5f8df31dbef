import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// The accounts that a session can credit, and the sessions that are credited.
  @Suite(.timeLimit(.minutes(5))) struct BuyerAccountTests {
    @Test("A session cannot use the name of an erased account") func sessionCannotUseErasedName() async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        await fixture.process(Payment().completed())
        let id = try await fixture.count("SELECT id FROM accounts WHERE name = 'ada'")
        let outcome = await fixture.process(Payment(number: 2, reference: "erased-\(id)").completed())
        #expect(outcome.refusal == .noAccount, "\(outcome)")
        let pool = fixture.pool
        await #expect(throws: Never.self) {
          _ = try await LedgerErasure.erase("ada", by: "op", in: pool, alsoErasing: [BillingErasure.hook])
        }
      }
    }

    @Test("A session cannot use the platform's account") func sessionCannotUsePlatformAccount() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let outcome = await fixture.process(Payment(reference: "platform").completed())
        #expect(outcome.refusal == .noAccount, "\(outcome)")
        try await LedgerStore(fixture.pool).open(["platform"], as: .platform)
        #expect(try await LedgerStore(fixture.pool).account("platform")?.kind == .platform)
      }
    }

    @Test("Without an applied ledger nothing is credited and nothing is lost")
    func nothingIsLostWithoutLedger() async throws {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.pool.query("DELETE FROM ledgers")
        #expect(await fixture.process(Payment().completed()).problem == "billing.no-ledger")
        #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 0)
        #expect(try await fixture.balance() == nil)
        try await fixture.pool.query("INSERT INTO ledgers (name) VALUES ('platform')")
        #expect(await fixture.process(Payment().completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test(
      "A session that is not a single payment is not credited", arguments: ["subscription", "setup", "later"])
    func refusesSessionsOfOtherModes(mode: String) async throws {
      try await BillingFixture.with { (fixture) async throws in
        for (number, status) in ["paid", "unpaid", "no_payment_required"].enumerated() {
          let payment = Payment(
            number: number + 1, lines: [("price_100", 1, 0)], mode: mode, hasIntent: false)
          #expect(await fixture.process(payment.completed(status)).refusal == .unsupportedSession)
        }
        #expect(
          await fixture.process(Payment(number: 4, hasIntent: false).completed()).refusal
            == .unsupportedSession)
        #expect(
          await fixture.process(Payment(number: 5).completed("no_payment_required")).refusal
            == .unsupportedSession)
        #expect(try await fixture.balance() == nil)
        let free = Payment(number: 6, lines: [("price_100", 1, 0)], hasIntent: false)
        #expect(
          await fixture.process(free.completed("no_payment_required"))
            == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test("A price counts for a session of the same second") func priceCountsForSessionOfSameSecond()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.pool.query(
          "INSERT INTO price_map_entries (map, price_id, credits_micro, currency, recorded_at) "
            + "VALUES ('packs', 'price_s', 5000000, 'usd', to_timestamp(1795000000.2))")
        // Created at .9 s; Stripe reports whole seconds.
        let outcome = await fixture.process(Payment(lines: [("price_s", 1, 10)]).completed())
        #expect(outcome.refusal == nil, "\(outcome)")
      }
    }
  }
}
