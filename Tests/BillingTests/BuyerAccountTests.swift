import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// Whom a session may credit, and by what.
  @Suite(.timeLimit(.minutes(5))) struct BuyerAccountTests {
    @Test func `a session cannot take the name of an erased account`() async throws {
      try await Till.with { (till) async throws in
        await till.take(Payment().completed())
        let id = try await till.count("SELECT id FROM accounts WHERE name = 'ada'")
        let outcome = await till.take(Payment(number: 2, reference: "erased-\(id)").completed())
        #expect(outcome.refusal == .noAccount, "\(outcome)")
        let pool = till.pool
        await #expect(throws: Never.self) {
          _ = try await LedgerErasure.erase("ada", by: "op", in: pool, alsoErasing: [BillingErasure.hook])
        }
      }
    }

    @Test func `a session cannot become the platform's account`() async throws {
      try await Till.with { (till) async throws in
        let outcome = await till.take(Payment(reference: "platform").completed())
        #expect(outcome.refusal == .noAccount, "\(outcome)")
        try await LedgerStore(till.pool).open(["platform"], as: .platform)
        #expect(try await LedgerStore(till.pool).account("platform")?.kind == .platform)
      }
    }

    @Test func `nobody is credited where no ledger is applied, and nothing is lost`() async throws {
      try await Till.with { (till) async throws in
        try await till.pool.query("DELETE FROM ledgers")
        #expect(await till.take(Payment().completed()).problem == "billing.no-ledger")
        #expect(try await till.count("SELECT count(*) FROM billing_events") == 0)
        #expect(try await till.balance() == nil)
        try await till.pool.query("INSERT INTO ledgers (name) VALUES ('platform')")
        #expect(await till.take(Payment().completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test(arguments: ["subscription", "setup", "later"])
    func `sessions that are no single payment give nothing`(mode: String) async throws {
      try await Till.with { (till) async throws in
        for (number, status) in ["paid", "unpaid", "no_payment_required"].enumerated() {
          let payment = Payment(
            number: number + 1, lines: [("price_100", 1, 0)], mode: mode, hasIntent: false)
          #expect(await till.take(payment.completed(status)).refusal == .unsupportedSession)
        }
        #expect(
          await till.take(Payment(number: 4, hasIntent: false).completed()).refusal == .unsupportedSession)
        #expect(
          await till.take(Payment(number: 5).completed("no_payment_required")).refusal == .unsupportedSession)
        #expect(try await till.balance() == nil)
        let free = Payment(number: 6, lines: [("price_100", 1, 0)], hasIntent: false)
        #expect(
          await till.take(free.completed("no_payment_required")) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test func `a price counts for a session of the same second`() async throws {
      try await Till.with { (till) async throws in
        try await till.pool.query(
          "INSERT INTO price_map_entries (map, price_id, credits_micro, currency, recorded_at) "
            + "VALUES ('packs', 'price_s', 5000000, 'usd', to_timestamp(1795000000.2))")
        // Made at .9 s; Stripe tells whole seconds.
        let outcome = await till.take(Payment(lines: [("price_s", 1, 10)]).completed())
        #expect(outcome.refusal == nil, "\(outcome)")
      }
    }
  }
}
