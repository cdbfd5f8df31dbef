import Billing
import HTTP
import Ledger
import Model
import Postgres
import StripeAPI
import StripeSupport
import Testing

extension PurchaseTests {
  /// Each states what should hold; what fails is a finding of the review.
  @Suite(.timeLimit(.minutes(5))) struct ReviewFindingsTests {
    @Test func `R1 a session cannot take the name that an erased account will have`() async throws {
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

    @Test func `R2 a session cannot become the platform before the ledger is applied`() async throws {
      try await Till.with { (till) async throws in
        let outcome = await till.take(Payment(reference: "platform").completed())
        #expect(outcome.refusal == .noAccount, "\(outcome)")
        try await LedgerBooks(till.pool).open(["platform"], as: .platform)
        #expect(try await LedgerBooks(till.pool).account("platform")?.kind == .platform)
      }
    }

    @Test(arguments: [400, 404, 409]) func `R3 a lasting refusal of Stripe's becomes a letter`(status: Int) async throws {
      let payment = Payment(hasItems: false)
      let server = try StripeStandIn(
        key: "rk_test_x", sessions: [payment.session: ["li_1_0"]], items: ["li_1_0": payment.items()[0]],
        script: Array(repeating: .status(status), count: 20))
      defer { server.stop() }
      let client = StripeClient(
        endpoint: try StripeEndpoint(parsing: server.address), key: Secret("rk_test_x"), client: HTTPClient(),
        retries: StripeRetries(tries: 1), timeout: .seconds(5))
      try await Till.with(lineItems: { session in
        do throws(StripeError) { return .success(try await client.lineItems(ofSession: session)) } catch {
          return .failure(error)
        }
      }) { (till) async throws in
        var outcome = BillingOutcome.ignored
        for _ in 0..<3 { outcome = await till.take(payment.completed()) }
        #expect(outcome.refusal == .itemsUnavailable, "\(outcome)")
        #expect(try await till.reasons() == ["items_unavailable"])
      }
    }

    private static func subscription(_ payment: Payment, _ status: String = "paid") -> String {
      payment.completed(status).replacing(#""mode":"payment""#, with: #""mode":"subscription""#)
        .replacing(#""payment_intent":"\#(payment.intent)""#, with: #""payment_intent":null"#)
    }

    @Test func `R4 what a subscription's session gave is taken back when it is refunded`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        let outcome = await till.take(Self.subscription(payment))
        #expect(outcome == .credited(Credits(micro: 100_000_000)))
        _ = await till.take(payment.refunded(1000))
        for letter in try await till.books.letters() { _ = await till.books.replay(letter.id) }
        #expect(try await till.balance() == 0)
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `R5 a trial that nobody paid for gives nothing`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(lines: [("price_100", 1, 0)])
        _ = await till.take(Self.subscription(payment, "no_payment_required"))
        #expect(try await till.balance() ?? 0 == 0)
      }
    }

    @Test func `R6 erasing an account erases refunds of its sessions that were not credited`() async throws {
      try await Till.with { (till) async throws in
        var odd = Payment()
        odd.lines = [("price_gone", 1, 10)]
        await till.take(odd.completed())
        await till.take(odd.refunded(10))
        await till.take(Payment(number: 2).completed())
        _ = try await LedgerErasure.erase("ada", by: "op", in: till.pool, alsoErasing: [BillingErasure.hook])
        #expect(
          try await till.count(
            "SELECT count(*) FROM billing_dead_letters WHERE position('ada@example.com'::bytea in payload) > 0") == 0)
      }
    }

    @Test func `R7 what the docs advise settles the letter: refund at Stripe`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(reference: nil)
        await till.take(payment.completed())
        await till.take(payment.refunded(1000))
        for letter in try await till.books.letters() { _ = await till.books.replay(letter.id) }
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `R8 a failure that overtakes its session leaves no letter`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        #expect(await till.take(payment.asyncFailed()) == .noted)
        await till.take(payment.completed("unpaid"))
        for letter in try await till.books.letters() { _ = await till.books.replay(letter.id) }
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `R9 a test event kept before its mode was judged is not credited by a replay`() async throws {
      try await Till.with { (till) async throws in
        // As a program that cannot read it kept it, before one that can.
        let test = Payment(isLive: false)
        #expect(await till.take(test.completed()).refusal == .wrongMode)
        try await till.pool.query("UPDATE billing_dead_letters SET reason = 'malformed_event'")
        let letter = try #require(try await till.books.letters().first)
        _ = await till.books.replay(letter.id)
        #expect(try await till.balance() ?? 0 == 0)
      }
    }

    @Test func `R10 what is not covered is told as kept, so that it is logged`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        try await till.spend(100_000_000, key: "all")
        let outcome = await till.take(payment.refunded(1000))
        #expect(try await till.reasons() == ["not_covered"])
        #expect(outcome.refusal == .notCovered, "\(outcome)")
      }
    }

    @Test func `R11 show holds no personal data that the session's maker put in`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(
          reference: "ada@example.com", metadata: #"{"buyer_email":"ada@example.org","full_name":"Ada L."}"#)
        await till.take(payment.completed())
        let shown = try #require(try await till.books.letters().first?.shownPayload).json
        #expect(!shown.contains("ada@example.com"))
        #expect(!shown.contains("ada@example.org") && !shown.contains("Ada L."))
      }
    }

    @Test func `R12 a refund that failed afterwards gives the credits again`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        await till.take(payment.completed())
        await till.take(payment.refunded(1000))
        // Stripe lowers amount_refunded and tells refund.failed / charge.refund.updated.
        await till.take(
          SampleEvents.event(
            "refund.failed", id: "evt_rf", live: "true",
            object: #"{"id":"re_1","object":"refund","amount":1000,"charge":"ch_1","currency":"usd","payment_intent":"pi_1","status":"failed"}"#
          ))
        #expect(try await till.balance() == 100_000_000)
      }
    }

    @Test func `R13 whoever left only a letter can be erased`() async throws {
      try await Till.with { (till) async throws in
        var odd = Payment()
        odd.lines = [("price_gone", 1, 10)]
        await till.take(odd.completed())
        let pool = till.pool
        await #expect(throws: Never.self) {
          _ = try await LedgerErasure.erase("ada", by: "op", in: pool, alsoErasing: [BillingErasure.hook])
        }
        #expect(
          try await till.count(
            "SELECT count(*) FROM billing_dead_letters WHERE position('ada@example.com'::bytea in payload) > 0") == 0)
      }
    }

    @Test func `R14 a settled letter keeps no personal data`() async throws {
      try await Till.with { (till) async throws in
        await till.take(Payment().completed("unpaid"))
        await till.take(Payment().asyncSucceeded())
        #expect(try await till.reasons() == [])
        #expect(try await till.count("SELECT count(*) FROM billing_dead_letters WHERE payload IS NOT NULL") == 0)
      }
    }

    @Test func `R15 a price counts for a session of the same second`() async throws {
      try await Till.with { (till) async throws in
        try await till.pool.query(
          "INSERT INTO price_map_entries (map, price_id, credits_micro, currency, recorded_at) "
            + "VALUES ('packs', 'price_s', 5000000, 'usd', to_timestamp(1795000000.2))")
        // Made at .9 s; Stripe tells whole seconds.
        let outcome = await till.take(Payment(lines: [("price_s", 1, 10)]).completed())
        #expect(outcome.refusal == nil, "\(outcome)")
      }
    }

    @Test func `C2 an inquiry that becomes a dispute takes back once, by several events`() async throws {
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

    @Test func `C3 a live event whose letter was wrong_mode is credited by a shell of the other mode`() async throws {
      try await Till.with { (till) async throws in
        let test = Payment(isLive: false)
        #expect(await till.take(test.completed()).refusal == .wrongMode)
        let letter = try #require(try await till.books.letters().first)
        // `STRIPE_SECRET=sk_test_… rendertrust billing replay --all` on the live books.
        let shell = BillingBooks(till.pool, isLive: false, lineItems: nil, now: { Till.now })
        _ = await shell.replay(letter.id)
        #expect(try await till.balance() ?? 0 == 0)
      }
    }

    @Test func `C1 replays beside deliveries credit once, and erasing beside refunds takes back once`() async throws {
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
            try await till.count("SELECT reversed_micro FROM billing_purchases WHERE session = '\(body.session)'")
              == 10_000_000)
        }
        #expect(try await till.reasons().filter { $0 != "unknown_price" } == [], "letters that stay")
        try await till.expectBalanced()
      }
    }
  }
}
