import Billing
import Ledger
import Model
import Postgres
import StripeAPI
import Testing

extension PurchaseTests {
  @Suite(.timeLimit(.minutes(5))) struct CreditingTests {
    @Test func `several lines and quantities are credited by what each price gave then`() async throws {
      try await Till.with(environment: "price_env=7,price_100=999") { (till) async throws in
        // Superseded after the session was made: what was shown to the buyer counts.
        try await till.price("price_old", credits: 10, until: 1_795_000_100)
        try await till.price("price_old", credits: 1, from: 1_795_000_100)
        var payment = Payment()
        payment.lines = [
          ("price_100", 3, 3000), ("price_550", 1, 5000), ("price_old", 2, 100), ("price_env", 5, 1),
        ]
        #expect(await till.take(payment.completed()) == .credited(Credits(micro: 905_000_000)))
        #expect(try await till.balance() == 905_000_000)
        let row = try await till.pool.query(
          "SELECT account, credits_micro, currency, amount, payment_intent, lines::text FROM billing_purchases"
        ).only()
        #expect(try row.text(0) == "ada" && row.int(1) == 905_000_000 && row.text(2) == "usd")
        #expect(try row.int(3) == 8101 && row.text(4) == "pi_1")
        #expect(try row.text(5).contains(#""creditsMicro":300000000,"price":"price_100","quantity":3"#))
        let entry = try await till.pool.query("SELECT type, job FROM ledger_entries").only()
        #expect(try entry.text(0) == "purchase" && entry.text(1) == "cs_live_1")
        try await till.expectBalanced()
      }
    }

    static let names: [(reference: String?, metadata: String, account: String?)] = [
      ("ada", "{}", "ada"), ("account/ada-2", "{}", "ada-2"), (nil, #"{"account":"bob"}"#, "bob"),
      ("ada", #"{"account":"bob"}"#, "ada"), ("", #"{"account":"account/bob"}"#, "bob"),
      (nil, "{}", nil), ("Ada", "{}", nil), ("-ada", "{}", nil), ("ada-", "{}", nil), ("a_da", "{}", nil),
      ("account/", "{}", nil), ("ada\u{0}", "{}", nil), (String(repeating: "a", count: 64), "{}", nil),
      ("stripe", "{}", nil), ("house", "{}", nil),
    ]

    @Test(arguments: names)
    func `the account is the one that the session names`(
      _ row: (reference: String?, metadata: String, account: String?)
    ) async throws {
      try await Till.with { (till) async throws in
        try await LedgerStore(till.pool).open(["house"], as: .platform)
        var payment = Payment()
        (payment.reference, payment.metadata) = (row.reference, row.metadata)
        let outcome = await till.take(payment.completed())
        if let account = row.account {
          #expect(outcome == .credited(Credits(micro: 100_000_000)))
          #expect(try await till.balance(account) == 100_000_000)
          #expect(try await LedgerStore(till.pool).account(account)?.kind == .creator)
        } else {
          #expect(outcome.refusal == .noAccount, "\(outcome)")
          #expect(try await till.reasons() == ["no_account"])
          #expect(try await till.count("SELECT count(*) FROM ledger_entries") == 0)
        }
      }
    }

    @Test func `what cannot be credited is kept with its reason, and other sessions go on`() async throws {
      try await Till.with { (till) async throws in
        try await till.price("price_later", credits: 5, from: 1_795_000_001)
        try await till.price("price_euro", credits: 5, currency: "eur")
        func refused(_ number: Int, _ change: (inout Payment) -> Void) async -> BillingOutcome {
          var payment = Payment(number: number)
          change(&payment)
          return await till.take(payment.completed(number == 1 ? "unpaid" : "paid"))
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
        #expect(await till.take(Payment(number: 13).completed("half")).refusal == .malformedEvent)
        #expect(try await till.count("SELECT count(*) FROM ledger_entries") == 0)
        #expect(try await till.count("SELECT count(*) FROM billing_purchases") == 0)
        #expect(try await till.reasons().count == 12)
        #expect(await till.take(Payment(number: 12).completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test func `what is signed and cannot be read is kept, NUL characters too`() async throws {
      try await Till.with { (till) async throws in
        let broken = #"{"id":"evt_1","type":"charge.refunded","object":"event","data":{"object":{}}}"#
        #expect(await till.take(broken).refusal == .malformedEvent)
        #expect(await till.take("no JSON at all").refusal == .malformedEvent)
        #expect(await till.take(#"{"id":"evt_\u0000","type":"a\u0000"}"#).refusal == .malformedEvent)
        var payment = Payment()
        payment.reference = "a\u{0}b"
        payment.metadata = #"{"account":"\u0000"}"#
        #expect(await till.take(payment.completed()).refusal == .noAccount)
        let letters = try await till.books.letters()
        #expect(letters.map(\.event).prefix(1) == ["evt_1"] && letters.count == 4)
        #expect(letters[1].event.hasPrefix("sha256:") && letters[2].event.hasPrefix("sha256:"))
        #expect(letters[3].payload == Array(payment.completed().utf8), "kept as it came")
        #expect(await till.take(broken).refusal == .malformedEvent, "and once")
        #expect(try await till.books.letters().count == 4)
      }
    }

    @Test func `what the database takes for impossible is kept, and the rest of it undone`() async throws {
      try await Till.with { (till) async throws in
        try await till.pool.query(
          "ALTER TABLE billing_purchases ADD CONSTRAINT odd CHECK (session <> 'cs_live_1')")
        #expect(await till.take(Payment().completed()).refusal == .databaseRefused)
        #expect(try await till.balance() == nil)
        try await till.pool.query("ALTER TABLE billing_purchases DROP CONSTRAINT odd")
        let letter = try #require(try await till.books.letters().first)
        #expect(await till.books.replay(letter.id) == .tried(.credited(Credits(micro: 100_000_000))))
      }
    }

    @Test func `a session that costs nothing gives what it is for`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(lines: [("price_100", 1, 0)])
        #expect(
          await till.take(payment.completed("no_payment_required")) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test func `other events do nothing`() async throws {
      try await Till.with { (till) async throws in
        #expect(
          await till.take(
            #"{"id":"evt_9","object":"event","created":1,"livemode":true,"type":"price.created","data":{"object":{}}}"#
          ) == .ignored)
        #expect(try await till.count("SELECT count(*) FROM billing_events") == 0)
      }
    }

    @Test func `money that comes later credits once and settles the letter`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        #expect(await till.take(payment.completed("unpaid")).refusal == .unpaid)
        #expect(await till.take(payment.asyncSucceeded()) == .credited(Credits(micro: 100_000_000)))
        #expect(try await till.reasons() == [])
        for body in [
          payment.asyncSucceeded(), payment.completed("unpaid"), payment.completed("paid", event: "evt_x"),
        ] {
          #expect(await till.take(body) == .repeated)
        }
        #expect(try await till.reasons() == [])
        #expect(try await till.balance() == 100_000_000)
        let failed = Payment(number: 2)
        #expect(await till.take(failed.completed("unpaid")).refusal == .unpaid)
        #expect(await till.take(failed.asyncFailed()) == .noted)
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `a letter is replayed once its price is there, and credits once`() async throws {
      try await Till.with { (till) async throws in
        var payment = Payment()
        payment.lines = [("price_new", 2, 2000)]
        #expect(await till.take(payment.completed()).refusal == .unknownPrice)
        let letter = try #require(try await till.books.letters().first)
        #expect(letter.message.contains("price_new") && letter.account == "ada")
        guard case .tried(.kept(let again)) = await till.books.replay(letter.id) else {
          Issue.record("there is still no price")
          return
        }
        #expect(again.reason == .unknownPrice)
        #expect(try await till.books.letter(letter.id)?.attempts == 2)

        try await till.price("price_new", credits: 30, from: 1_795_000_150)
        #expect(
          await till.take(payment.completed()).refusal == .unknownPrice,
          "by itself, only what was shown counts")
        #expect(await till.books.replay(letter.id) == .tried(.credited(Credits(micro: 60_000_000))))
        #expect(try await till.balance() == 60_000_000)
        guard case .settled = await till.books.replay(letter.id) else {
          Issue.record("it was settled")
          return
        }
        #expect(await till.take(payment.completed()) == .repeated)
        #expect(try await till.balance() == 60_000_000)
        #expect(await till.books.replay(4711) == .unknownLetter)
      }
    }

    @Test func `the letter shows no personal data`() async throws {
      try await Till.with { (till) async throws in
        var payment = Payment()
        payment.lines = [("price_gone", 1, 1)]
        await till.take(payment.completed())
        let letter = try #require(try await till.books.letters().first)
        let shown = try #require(letter.shownPayload).json
        #expect(!shown.contains("ada@example.com") && !shown.contains("Ada L."))
        #expect(shown.contains("price_gone") && shown.contains("cs_live_1"))
        #expect(String(decoding: letter.payload ?? [], as: UTF8.self).contains("ada@example.com"))
      }
    }
  }
}

extension BillingOutcome {
  var refusal: Refusal.Reason? { if case .kept(let refusal) = self { refusal.reason } else { nil } }
  /// The code of what does not answer.
  var problem: String? { if case .unavailable(let error) = self { error.code.rawValue } else { nil } }
}
