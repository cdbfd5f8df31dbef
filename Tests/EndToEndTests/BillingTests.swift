import Glibc
import HTTP
import Model
import Postgres
import StripeSupport
import Testing

extension EndToEnd {
  /// Stripe events and dead letters.
  @Suite struct Billing {
    private static let manifests = [
      Manifest.environment, .database, .ledger, .prices("packs", ["price_100": 100]),
    ]
    private static let secret = "whsec_Geheim"

    /// The event of a paid checkout session with one line item.
    private static func event(_ number: Int, _ price: String) -> String {
      let seconds = TestSigner.clockSeconds()
      let item = """
        {"id":"li_\(number)","object":"item","amount_subtotal":1000,"amount_total":1000,"currency":"usd",\
        "price":{"id":"\(price)","object":"price"},"quantity":1}
        """
      return SampleEvents.event(
        "checkout.session.completed", id: "evt_\(number)", created: "\(seconds)",
        object: """
          {"id":"cs_live_\(number)","object":"checkout.session","amount_total":1000,\
          "client_reference_id":"ada",\
          "created":\(seconds),"currency":"usd","customer_details":{"email":"ada@example.com"},"metadata":{},\
          "mode":"payment","payment_intent":"pi_\(number)","payment_status":"paid",\
          "line_items":\(SampleEvents.list(item))}
          """)
    }

    private static func deliver(_ body: String, to installation: Installation) async throws -> HTTPResponse {
      let client = HTTPClient()
      defer { client.shutdown() }
      var request = HTTPRequest(.post, "http://localhost/webhooks/stripe", unixSocket: installation.gateway)
      request.body = Array(body.utf8)
      request.add(
        "Stripe-Signature",
        TestSigner.header(Array(body.utf8), secret: secret, at: TestSigner.clockSeconds()))
      return try await client.send(request)
    }

    @Test("A server credits Stripe events; failed events are listed, shown and replayed")
    func creditsAndReplays() async throws {
      try await Installation.with { installation in
        try installation.write(Billing.manifests)
        let variables: Installation.Variables = [
          "STRIPE_WEBHOOK_SECRET": Billing.secret, "STRIPE_PRICE_MAP": "price_env=7,price_100=100",
        ]
        let server = try await installation.serve(variables: variables) { _ in
          #expect(try await installation.isReady())
          let credited = try await Billing.deliver(Billing.event(1, "price_100"), to: installation)
          #expect(credited.status == 200 && credited.text == #"{"outcome":"credited"}"#)
          let other = try await Billing.deliver(Billing.event(2, "price_env"), to: installation)
          #expect(other.text == #"{"outcome":"credited"}"#)
          let kept = try await Billing.deliver(Billing.event(3, "price_new"), to: installation)
          #expect(kept.status == 200 && kept.text == #"{"outcome":"kept","reason":"unknown_price"}"#)
          #expect(
            await installation.metric(#"rendertrust_billing_dead_letters{reason="unknown_price"}"#) == 1)
          #expect(await installation.metric(#"rendertrust_billing_events_total{outcome="credited"}"#) == 2)

          let deadLetters = try await installation.run("billing", "dead-letters", "-o", "json")
          #expect(
            deadLetters.exitCode == 0 && deadLetters.output.contains(#""reason": "unknown_price""#),
            "\(deadLetters)")
          let shown = try await installation.run("billing", "show", "1")
          #expect(shown.output.contains("price_new") && !shown.output.contains("ada@example.com"), "\(shown)")
          let early = try await installation.run("billing", "replay", "1")
          #expect(
            early.exitCode == 1 && early.output.contains("✗ dead letter 1: no PriceMap had price_new"),
            "\(early)")

          try installation.write([.prices("packs", ["price_100": 100, "price_new": 30])])
          let added = #"SELECT count(*) FROM price_map_entries WHERE price_id = 'price_new'"#
          #expect(
            try await installation.eventually(within: 30) {
              try await installation.query(added, in: "platform").only().int(0) == 1
            } != nil)
          let replayed = try await installation.run("billing", "replay", "--all")
          #expect(
            replayed.exitCode == 0 && replayed.output == "✓ dead letter 1: 30 credits credited\n",
            "\(replayed)")
          _ = try await Billing.deliver(Billing.event(4, "price_gone"), to: installation)
          let test = try await installation.run("billing", "replay", "2", "--mode", "test")
          #expect(
            test.exitCode == 1 && test.output.contains("the recorded mode of purchases is live"), "\(test)")
          let dismissed = try await installation.run("billing", "dismiss", "2", "--because", "paid back")
          #expect(
            dismissed.exitCode == 0 && dismissed.output == "✓ dead letter 2: dismissed\n", "\(dismissed)")
          let erased = try await installation.run("billing", "erase", "ada", "--yes")
          #expect(erased.exitCode == 2 && erased.errors.contains("ledger erase ada --yes"), "\(erased)")
          let none = try await installation.run("billing", "dead-letters")
          #expect(none.output == "There are no dead letters.\n", "\(none)")
          let balance = "SELECT balance_micro FROM accounts WHERE name = 'ada'"
          #expect(try await installation.query(balance, in: "platform").only().int(0) == 137_000_000)
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        #expect(!server.outcome.output.contains("Geheim") && !server.outcome.output.contains("ada@"))
        let alarms = try server.outcome.lines().filter { $0["reason"] == .string("unknown_price") }
        #expect(alarms.map { $0["level"] } == Array(repeating: .string("error"), count: 2))
      }
    }

    @Test("A price that differs from STRIPE_PRICE_MAP is refused before the first step")
    func conflict() async throws {
      try await Installation.with { installation in
        try installation.write(Billing.manifests)
        for command in ["apply", "up", "server"] {
          let outcome = try await installation.run(
            command, installation.manifestFolder, variables: ["STRIPE_PRICE_MAP": "price_100=200"])
          #expect(outcome.exitCode == 2, "\(command): \(outcome)")
          #expect(
            outcome.errors.contains(
              "PriceMap/packs: price_100 gives 100 credits in the manifest and 200 in STRIPE_PRICE_MAP"),
            "\(outcome)")
        }
        let malformed = try await installation.run(
          "apply", installation.manifestFolder, variables: ["STRIPE_PRICE_MAP": "price_100=100,x"])
        #expect(malformed.exitCode == 2 && malformed.errors.contains("STRIPE_PRICE_MAP:15: "), "\(malformed)")
        let planned = try await installation.run(
          "plan", installation.manifestFolder, variables: ["STRIPE_PRICE_MAP": "price_100=200"])
        #expect(planned.output.contains("one value of price_100, which gives 100"), "\(planned)")
      }
    }

    @Test("A server with Stripe settings requires prices and ledger in one database")
    func apart() async throws {
      try await Installation.with { installation in
        try installation.write(
          [
            .environment, .database, .prices("packs", ["price_100": 100]),
            Manifest("Database", "books", "embedded: {}"),
            Manifest("Ledger", "credits", "database: Database/books\npayouts: {cpuMinute: 0.1}"),
          ])
        let outcome = try await installation.run(
          "server", installation.manifestFolder, variables: ["STRIPE_WEBHOOK_SECRET": Billing.secret])
        #expect(outcome.exitCode == 2, "\(outcome)")
        #expect(
          outcome.errors.contains(
            "PriceMaps and the Ledger are in Database/platform and Database/books"),
          "\(outcome)")
      }
    }

    @Test("Without a signing secret, events are refused with status 503")
    func withoutSecret() async throws {
      try await Installation.with { installation in
        try installation.write([.environment])
        let server = try await installation.serve { _ in
          #expect(try await installation.isReady())
          let answer = try await Billing.deliver(Billing.event(1, "price_100"), to: installation)
          #expect(answer.status == 503 && answer.text.contains("no signing secret is set"), "\(answer.text)")
        }
        #expect(server.outcome.output.contains("Stripe events are not accepted"))
      }
    }
  }
}
