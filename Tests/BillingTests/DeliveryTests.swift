import Billing
import HTTP
import HTTPSupport
import Ledger
import Model
import Postgres
import PostgresSupport
import StripeAPI
import StripeSupport
import Testing

extension PurchaseTests {
  /// Deliveries under faults: a lost database, an unavailable Stripe, rotated secrets, the official library.
  @Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
    private static let key = "rk_test_Geheim"

    private static func asking(_ server: StripeStandIn, key: String = key) throws -> BillingStore.LineItems {
      let client = StripeClient(
        endpoint: try StripeEndpoint(parsing: server.address), key: Secret(key), client: HTTPClient(),
        retries: RetryPolicy(attempts: 1), timeout: .seconds(5))
      return { session in
        do throws(StripeError) {
          return .success(try await client.lineItems(ofSession: session))
        } catch {
          return .failure(error)
        }
      }
    }

    @Test("Line items are requested page by page") func requestsLineItemsByPage() async throws {
      let lines = (0..<130).map { ($0 % 2 == 0 ? "price_100" : "price_550", Int64(1), Int64(10)) }
      let payment = Payment(lines: lines, hasItems: false)
      let ids = (0..<130).map { "li_1_\($0)" }
      let server = try StripeStandIn(
        key: Self.key, sessions: [payment.session: ids],
        items: Dictionary(uniqueKeysWithValues: zip(ids, payment.items())))
      defer { server.stop() }
      try await BillingFixture.with(lineItems: Self.asking(server)) { (fixture) async throws in
        #expect(await fixture.process(payment.completed()) == .credited(Credits(micro: 65 * 650_000_000)))
        #expect(server.requests.count == 2)
        #expect(await fixture.process(payment.completed("paid", event: "evt_other")) == .repeated)
        #expect(server.requests.count == 2, "a credited session needs no request")
      }
    }

    @Test("An unavailable Stripe records nothing, a missing session does")
    func unavailableStripeRecordsNothing() async throws {
      let payment = Payment(hasItems: false)
      let server = try StripeStandIn(
        key: Self.key, sessions: [payment.session: ["li_1_0"]], items: ["li_1_0": payment.items()[0]],
        script: [.status(503), .status(500)])
      defer { server.stop() }
      try await BillingFixture.with(lineItems: Self.asking(server)) { (fixture) async throws in
        for _ in 0..<2 {
          guard case .unavailable(let error) = await fixture.process(payment.completed()) else {
            Issue.record("Stripe did not answer")
            return
          }
          #expect(error.code.rawValue.hasPrefix("stripe."))
          #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 0)
        }
        #expect(
          await fixture.process(Payment(number: 2, hasItems: false).completed()).refusal == .itemsUnavailable)
        #expect(await fixture.process(payment.completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }

    @Test("Nothing is lost while PostgreSQL is down") func nothingIsLostWhilePostgreSQLIsDown() async throws {
      try await TestFolder.with { folder in
        let server = PostgresServer(
          stateFolder: folder, options: PostgresServer.Options(settings: [:], isDurable: false))
        try await server.start()
        try await server.createDatabase("fixture")
        let pool = PostgresPool(try await server.configuration(database: "fixture"), connections: 4)
        try await Migrations(Billing.migrations + Ledger.migrations).apply(to: pool)
        try await LedgerStore(pool).installTriggers()
        let fixture = BillingFixture(
          pool: pool, store: BillingStore(pool, isLive: true, lineItems: nil, now: { BillingFixture.now }))
        try await fixture.openLedger()
        try await fixture.price("price_100", credits: 100)
        try await fixture.serving { (url) async throws in
          let client = HTTPClient()
          defer { client.shutdown() }
          let body = Payment().completed()
          _ = try await server.stop()
          for _ in 0..<3 {
            let answer = try await client.send(BillingFixture.delivery(body, to: url))
            #expect(answer.status == 503 && answer.headers["retry-after"] == "30", "\(answer.text)")
          }
          try await server.start()
          var answers: [String] = []
          for _ in 0..<3 {
            answers.append(try await client.send(BillingFixture.delivery(body, to: url)).text)
          }
          #expect(
            answers == [#"{"outcome":"credited"}"#] + Array(repeating: #"{"outcome":"repeated"}"#, count: 2))
          #expect(try await fixture.balance() == 100_000_000)
        }
        await pool.close()
        _ = try await server.stop()
      }
    }

    @Test("A payload signed by the official library is credited") func acceptsOfficialSignature() async throws
    {
      let body = Payment().completed()
      let seconds = BillingFixture.now.microseconds / 1_000_000
      let wish = Value.members([
        "do": .string("sign"), "payload": .string(body), "secret": .string(BillingFixture.secret),
        "timestamp": .integer(seconds),
      ])
      let header = try #require(try await OfficialLibrary.answers([wish]).first?["header"]?.plainText)
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.serving { (url) async throws in
          let client = HTTPClient()
          defer { client.shutdown() }
          #expect(
            try await client.send(BillingFixture.delivery(body + " ", to: url, signature: header)).status
              == 400)
          let answer = try await client.send(BillingFixture.delivery(body, to: url, signature: header))
          #expect(answer.status == 200 && answer.text == #"{"outcome":"credited"}"#)
        }
      }
    }

    @Test("Several secrets are accepted during a rotation") func acceptsSeveralSecrets() async throws {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.serving(secrets: ["whsec_old", BillingFixture.secret]) { (url) async throws in
          let client = HTTPClient()
          defer { client.shutdown() }
          let seconds = BillingFixture.now.microseconds / 1_000_000
          for (number, secret, status) in [
            (1, "whsec_old", 200), (2, BillingFixture.secret, 200), (3, "whsec_gone", 400),
          ] {
            let body = Payment(number: number).completed()
            let header = TestSigner.header(Array(body.utf8), secret: secret, at: seconds)
            #expect(
              try await client.send(BillingFixture.delivery(body, to: url, signature: header)).status
                == status)
          }
          #expect(try await fixture.balance() == 200_000_000)
        }
      }
    }

    @Test("Oversized bodies and other methods are refused") func refusesOversizedBodiesAndOtherMethods()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        try await fixture.serving { (url) async throws in
          let client = HTTPClient()
          defer { client.shutdown() }
          let long = #"{"pad":"\#(String(repeating: "x", count: 1 << 20))"}"#
          #expect(try await client.send(BillingFixture.delivery(long, to: url)).status == 413)
          #expect(try await client.send(HTTPRequest(.get, url)).status >= 404)
          let unsigned = HTTPRequest(.post, url)
          #expect(try await client.send(unsigned).status == 400)
          #expect(
            try await client.send(BillingFixture.delivery(Payment().completed(), to: url)).status == 200)
        }
      }
    }

    @Test("An erased account leaves no personal data, and refunds still find it")
    func erasureLeavesNoPersonalData() async throws {
      try await BillingFixture.with { (fixture) async throws in
        await fixture.process(Payment().completed())
        var uncredited = Payment(number: 2)
        uncredited.lines = [("price_gone", 1, 10)]
        await fixture.process(uncredited.completed())
        await fixture.process(Payment(number: 3, reference: "bob").completed())
        try await fixture.spend(100_000_000, key: "all")
        await fixture.process(Payment().refunded(500))
        #expect(try await fixture.reasons() == ["unknown_price", "not_covered"])
        let pool = fixture.pool
        let erasure = try await LedgerErasure.erase(
          "ada", by: "operator", in: pool, alsoErasing: [BillingErasure.hook])
        #expect(erasure.others == 3)
        let again = try await pool.transaction { transaction throws(PostgresError) in
          try await BillingErasure.erase("ada", renamedTo: erasure.name, in: transaction)
        }
        #expect(again == 0)
        for table in ["billing_purchases", "billing_dead_letters", "billing_events", "billing_reversals"] {
          let all = try await pool.query("SELECT t::text, length(t::text) FROM \(table) t")
          for row in all {
            let text = try row.text(0)
            #expect(!text.contains("ada"), "\(table): \(text)")
            #expect(!text.contains("616461"), "nor in a payload's bytes")
          }
        }
        let deadLetters = try await fixture.store.deadLetters()
        #expect(await fixture.store.replay(deadLetters[0].id) == .erased)
        try await fixture.grant(100_000_000, to: erasure.name, key: "more")
        #expect(
          await fixture.store.replay(deadLetters[1].id) == .tried(.reversed(Credits(micro: 50_000_000))))
        #expect(try await fixture.balance("bob") == 100_000_000)
      }
    }

    @Test("A permanent error of Stripe becomes a dead letter", arguments: [400, 404, 409])
    func permanentErrorBecomesDeadLetter(status: Int)
      async throws
    {
      let payment = Payment(hasItems: false)
      let server = try StripeStandIn(
        key: Self.key, sessions: [payment.session: ["li_1_0"]], items: ["li_1_0": payment.items()[0]],
        script: Array(repeating: .status(status), count: 20))
      defer { server.stop() }
      try await BillingFixture.with(lineItems: Self.asking(server)) { (fixture) async throws in
        for _ in 0..<3 { #expect(await fixture.process(payment.completed()).refusal == .itemsUnavailable) }
        #expect(try await fixture.reasons() == ["items_unavailable"])
      }
    }

    @Test(
      "An unreadable response becomes a dead letter, which a replay resolves",
      arguments: ["<html>", "{}", #"{"object":"list","data":[],"has_more":true}"#])
    func unreadableResponseBecomesDeadLetter(body: String)
      async throws
    {
      let payment = Payment(hasItems: false)
      let server = try StripeStandIn(
        key: Self.key, sessions: [payment.session: ["li_1_0"]], items: ["li_1_0": payment.items()[0]],
        script: [.status(200, body: body)])
      defer { server.stop() }
      try await BillingFixture.with(lineItems: Self.asking(server)) { (fixture) async throws in
        #expect(await fixture.process(payment.completed()).refusal == .itemsUnavailable)
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        #expect(await fixture.store.replay(deadLetter.id) == .tried(.credited(Credits(micro: 100_000_000))))
      }
    }

    @Test("A temporary error is not recorded", arguments: [401, 403, 408, 429, 500, 503])
    func temporaryErrorIsNotRecorded(status: Int) async throws {
      let payment = Payment(hasItems: false)
      let server = try StripeStandIn(
        key: Self.key, sessions: [payment.session: ["li_1_0"]], items: ["li_1_0": payment.items()[0]],
        script: [.status(status)])
      defer { server.stop() }
      try await BillingFixture.with(lineItems: Self.asking(server)) { (fixture) async throws in
        #expect(await fixture.process(payment.completed()).problem?.hasPrefix("stripe.") == true)
        #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 0)
        #expect(await fixture.process(payment.completed()) == .credited(Credits(micro: 100_000_000)))
      }
    }
  }
}
