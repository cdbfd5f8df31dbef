import Billing
import Ledger
import Model
import Postgres
import StripeAPI
import Testing

extension PurchaseTests {
  @Suite(.timeLimit(.minutes(5))) struct CreditingTests {
    @Test("Lines and quantities are credited by the prices at the session's creation")
    func creditsLinesByPricesAtCreation() async throws {
      try await BillingFixture.with(environment: "price_env=7,price_100=999") { (fixture) async throws in
        // Superseded after the session was created: the price that was shown to the buyer counts.
        try await fixture.price("price_old", credits: 10, until: 1_795_000_100)
        try await fixture.price("price_old", credits: 1, from: 1_795_000_100)
        var payment = Payment()
        payment.lines = [
          ("price_100", 3, 3000), ("price_550", 1, 5000), ("price_old", 2, 100), ("price_env", 5, 1),
        ]
        #expect(await fixture.process(payment.completed()) == .credited(Credits(micro: 905_000_000)))
        #expect(try await fixture.balance() == 905_000_000)
        let row = try await fixture.pool.query(
          """
          SELECT account, credits_micro, currency, amount, payment_intent, lines::text
          FROM billing_purchases
          """
        ).only()
        #expect(try row.text(0) == "ada" && row.int(1) == 905_000_000 && row.text(2) == "usd")
        #expect(try row.int(3) == 8101 && row.text(4) == "pi_1")
        #expect(try row.text(5).contains(#""creditsMicro":300000000,"price":"price_100","quantity":3"#))
        let entry = try await fixture.pool.query("SELECT type, job FROM ledger_entries").only()
        #expect(try entry.text(0) == "purchase" && entry.text(1) == "cs_live_1")
        try await fixture.expectBalanced()
      }
    }

    static let names: [(reference: String?, metadata: String, account: String?)] = [
      ("ada", "{}", "ada"), ("account/ada-2", "{}", "ada-2"), (nil, #"{"account":"bob"}"#, "bob"),
      ("ada", #"{"account":"bob"}"#, "ada"), ("", #"{"account":"account/bob"}"#, "bob"),
      (nil, "{}", nil), ("Ada", "{}", nil), ("-ada", "{}", nil), ("ada-", "{}", nil), ("a_da", "{}", nil),
      ("account/", "{}", nil), ("ada\u{0}", "{}", nil), (String(repeating: "a", count: 64), "{}", nil),
      ("stripe", "{}", nil), ("house", "{}", nil),
    ]

    @Test("The credited account is the one that the session names", arguments: names)
    func creditsNamedAccount(
      _ row: (reference: String?, metadata: String, account: String?)
    ) async throws {
      try await BillingFixture.with { (fixture) async throws in
        try await LedgerStore(fixture.pool).open(["house"], as: .platform)
        var payment = Payment()
        (payment.reference, payment.metadata) = (row.reference, row.metadata)
        let outcome = await fixture.process(payment.completed())
        if let account = row.account {
          #expect(outcome == .credited(Credits(micro: 100_000_000)))
          #expect(try await fixture.balance(account) == 100_000_000)
          #expect(try await LedgerStore(fixture.pool).account(account)?.kind == .creator)
        } else {
          #expect(outcome.refusal == .noAccount, "\(outcome)")
          #expect(try await fixture.reasons() == ["no_account"])
          #expect(try await fixture.count("SELECT count(*) FROM ledger_entries") == 0)
        }
      }
    }

    @Test("A session that cannot be credited is kept with its reason and does not affect others")
    func refusedSessionIsKept() async throws {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.price("price_later", credits: 5, from: 1_795_000_001)
        try await fixture.price("price_euro", credits: 5, currency: "eur")
        func refused(_ number: Int, _ change: (inout Payment) -> Void) async -> BillingOutcome {
          var payment = Payment(number: number)
          change(&payment)
          return await fixture.process(payment.completed(number == 1 ? "unpaid" : "paid"))
        }
        #expect(await refused(1) { _ in }.refusal == .unpaid)
        #expect(
          await refused(2) { $0.lines = [("price_100", 1, 1), ("price_gone", 1, 1)] }.refusal == .unknownPrice
        )
        #expect(await refused(3) { $0.lines = [("price_later", 1, 1)] }.refusal == .unknownPrice)
        #expect(await refused(4) { $0.currency = "eur" }.refusal == .wrongCurrency)
        #expect(await refused(5) { $0.lines = [("price_euro", 1, 1)] }.refusal == .wrongCurrency)
        #expect(await refused(6) { $0.lines = [] }.refusal == .unusableItems)
        #expect(await refused(7) { $0.lines = [("price_100", 0, 0)] }.refusal == .unusableItems)
        #expect(await refused(8) { $0.lines = [("price_100", .max, 1)] }.refusal == .unusableItems)
        #expect(await refused(9) { $0.lines = [("price_100", 10_000_001, 1)] }.refusal == .unusableItems)
        #expect(await refused(10) { $0.isLive = false }.refusal == .wrongMode)
        #expect(await refused(11) { $0.hasItems = false }.refusal == .itemsUnavailable)
        #expect(await fixture.process(Payment(number: 13).completed("half")).refusal == .malformedEvent)
        #expect(try await fixture.count("SELECT count(*) FROM ledger_entries") == 0)
        #expect(try await fixture.count("SELECT count(*) FROM billing_purchases") == 0)
        #expect(try await fixture.reasons().count == 12)
        #expect(
          await fixture.process(Payment(number: 12).completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test("A signed event that cannot be read is kept, also with NUL characters") func unreadableEventIsKept()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let broken = #"{"id":"evt_1","type":"charge.refunded","object":"event","data":{"object":{}}}"#
        #expect(await fixture.process(broken).refusal == .malformedEvent)
        #expect(await fixture.process("no JSON at all").refusal == .malformedEvent)
        #expect(await fixture.process(#"{"id":"evt_\u0000","type":"a\u0000"}"#).refusal == .malformedEvent)
        var payment = Payment()
        payment.reference = "a\u{0}b"
        payment.metadata = #"{"account":"\u0000"}"#
        #expect(await fixture.process(payment.completed()).refusal == .noAccount)
        let deadLetters = try await fixture.store.deadLetters()
        #expect(deadLetters.map(\.event).prefix(1) == ["evt_1"] && deadLetters.count == 4)
        #expect(deadLetters[1].event.hasPrefix("sha256:") && deadLetters[2].event.hasPrefix("sha256:"))
        #expect(deadLetters[3].payload == Array(payment.completed().utf8), "kept as it came")
        #expect(await fixture.process(broken).refusal == .malformedEvent, "and once")
        #expect(try await fixture.store.deadLetters().count == 4)
      }
    }

    @Test("An event that the database rejects is kept, and its transaction rolled back")
    func eventRejectedByDatabaseIsKept() async throws {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.pool.query(
          "ALTER TABLE billing_purchases ADD CONSTRAINT test CHECK (session <> 'cs_live_1')")
        #expect(await fixture.process(Payment().completed()).refusal == .databaseRefused)
        #expect(try await fixture.balance() == nil)
        try await fixture.pool.query("ALTER TABLE billing_purchases DROP CONSTRAINT test")
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        #expect(await fixture.store.replay(deadLetter.id) == .tried(.credited(Credits(micro: 100_000_000))))
      }
    }

    @Test("A free session is credited") func freeSessionIsCredited() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(lines: [("price_100", 1, 0)])
        #expect(
          await fixture.process(payment.completed("no_payment_required"))
            == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test("Other events are ignored") func otherEventsAreIgnored() async throws {
      try await BillingFixture.with { (fixture) async throws in
        #expect(
          await fixture.process(
            #"{"id":"evt_9","object":"event","created":1,"livemode":true,"type":"price.created","#
              + #""data":{"object":{}}}"#
          ) == .ignored)
        #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 0)
      }
    }

    @Test("A late payment credits once and resolves the dead letter") func latePaymentResolvesDeadLetter()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        #expect(await fixture.process(payment.completed("unpaid")).refusal == .unpaid)
        #expect(await fixture.process(payment.asyncSucceeded()) == .credited(Credits(micro: 100_000_000)))
        #expect(try await fixture.reasons() == [])
        for body in [
          payment.asyncSucceeded(), payment.completed("unpaid"), payment.completed("paid", event: "evt_x"),
        ] {
          #expect(await fixture.process(body) == .repeated)
        }
        #expect(try await fixture.reasons() == [])
        #expect(try await fixture.balance() == 100_000_000)
        let failed = Payment(number: 2)
        #expect(await fixture.process(failed.completed("unpaid")).refusal == .unpaid)
        #expect(await fixture.process(failed.asyncFailed()) == .noted)
        #expect(try await fixture.reasons() == [])
      }
    }

    @Test("A replay after its price was added credits once") func replayCreditsOnce() async throws {
      try await BillingFixture.with { (fixture) async throws in
        var payment = Payment()
        payment.lines = [("price_new", 2, 2000)]
        #expect(await fixture.process(payment.completed()).refusal == .unknownPrice)
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        #expect(deadLetter.message.contains("price_new") && deadLetter.account == "ada")
        guard case .tried(.kept(let again)) = await fixture.store.replay(deadLetter.id) else {
          Issue.record("there is still no price")
          return
        }
        #expect(again.reason == .unknownPrice)
        #expect(try await fixture.store.deadLetter(deadLetter.id)?.attempts == 2)

        try await fixture.price("price_new", credits: 30, from: 1_795_000_150)
        #expect(
          await fixture.process(payment.completed()).refusal == .unknownPrice,
          "by itself, only what was shown counts")
        #expect(await fixture.store.replay(deadLetter.id) == .tried(.credited(Credits(micro: 60_000_000))))
        #expect(try await fixture.balance() == 60_000_000)
        guard case .settled = await fixture.store.replay(deadLetter.id) else {
          Issue.record("it was settled")
          return
        }
        #expect(await fixture.process(payment.completed()) == .repeated)
        #expect(try await fixture.balance() == 60_000_000)
        #expect(await fixture.store.replay(4711) == .unknown)
      }
    }

    @Test("A shown dead letter has no personal data") func shownDeadLetterIsRedacted() async throws {
      try await BillingFixture.with { (fixture) async throws in
        var payment = Payment()
        payment.lines = [("price_gone", 1, 1)]
        await fixture.process(payment.completed())
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        let shown = try #require(deadLetter.redactedPayload).json
        #expect(!shown.contains("ada@example.com") && !shown.contains("Ada L."))
        #expect(shown.contains("price_gone") && shown.contains("cs_live_1"))
        #expect(String(decoding: deadLetter.payload ?? [], as: UTF8.self).contains("ada@example.com"))
      }
    }
  }
}

extension BillingOutcome {
  var refusal: Refusal.Reason? { if case .kept(let refusal) = self { refusal.reason } else { nil } }
  /// The code of an unavailable dependency.
  var problem: String? { if case .unavailable(let error) = self { error.code.rawValue } else { nil } }
}
