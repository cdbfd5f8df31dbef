import Billing
import Gateway
import HTTP
import Ledger
import Logging
import Model
import Postgres
import PostgresSupport
import StripeAPI
import StripeSupport
import Testing

/// Serialized, because each test has a database of its own and some have many connections.
@Suite(.serialized) enum PurchaseTests {}

/// A store of purchases on a new database, with two prices in force.
struct BillingFixture: Sendable {
  static let now = Timestamp(seconds: 1_795_000_200)
  static let secret = "whsec_test_4b2f"

  let pool: PostgresPool
  var store: BillingStore

  static func with(
    isLive: Bool = true, environment: String = "", lineItems: BillingStore.LineItems? = nil,
    connections: Int = 8,
    _ body: (BillingFixture) async throws -> Void
  ) async throws {
    let prices = try EnvironmentPrices(parsing: environment)
    try await TestDatabase.with(connections: connections) { pool in
      try await Migrations(Billing.migrations + Ledger.migrations).apply(to: pool)
      try await LedgerStore(pool).installTriggers()
      let fixture = BillingFixture(
        pool: pool,
        store: BillingStore(
          pool, environmentPrices: prices, isLive: isLive, lineItems: lineItems, now: { BillingFixture.now }))
      try await fixture.openLedger()
      try await fixture.price("price_100", credits: 100)
      try await fixture.price("price_550", credits: 550)
      try await body(fixture)
    }
  }

  /// Opens the ledger as an applied `Ledger` does.
  func openLedger() async throws {
    try await LedgerStore(pool).open([LedgerStore.clearingAccount], as: .stripeClearing)
    try await pool.query("INSERT INTO ledgers (name) VALUES ('platform')")
  }

  /// Records a price, in force from a year before the sessions by default.
  func price(
    _ id: String, credits: Int64, currency: String = "usd", from: Int64 = 1_763_000_000, until: Int64? = nil
  ) async throws {
    try await pool.query(
      """
      INSERT INTO price_map_entries (map, price_id, credits_micro, currency, recorded_at, superseded_at)
      VALUES ('packs', $1, $2, $3, $4, $5)
      """,
      [
        .text(id), .int(credits * 1_000_000), .text(currency), .timestamp(Timestamp(seconds: from)),
        .optional(until.map { Timestamp(seconds: $0) }, SQLValue.timestamp),
      ])
  }

  @discardableResult
  func process(_ body: String) async -> BillingOutcome {
    await store.process(ReceivedEvent(payload: Array(body.utf8)))
  }

  /// Micro-credits; nil: there is no such account.
  func balance(_ account: String = "ada") async throws -> Int64? {
    try await LedgerStore(pool).account(account)?.balance.micro
  }

  /// Spends credits of an account, as a job does.
  func spend(_ micro: Int64, of account: String = "ada", key: String) async throws {
    let ledger = LedgerStore(pool)
    try await ledger.open(["platform"], as: .platform)
    let call = LedgerCall(
      .transfer([LedgerLeg(to: "platform", Credits(micro: micro), for: "payout")], job: "j"), on: account,
      key: key)
    _ = try await ledger.execute([call])[0].get()
  }

  /// Grants credits to an account.
  func grant(_ micro: Int64, to account: String, key: String) async throws {
    let leg = LedgerLeg(to: account, Credits(micro: micro), for: "grant")
    let call = LedgerCall(.transfer([leg], job: ""), on: "stripe", key: key)
    _ = try await LedgerStore(pool).execute([call])[0].get()
  }

  func count(_ sql: String) async throws -> Int64 { try await pool.query(sql).only().int(0) }

  /// The reasons of open dead letters, oldest first.
  func reasons() async throws -> [String] { try await store.deadLetters().map(\.reason) }

  /// Checks that the ledger is sound and that all balances together are zero.
  func expectBalanced() async throws {
    #expect(try await LedgerProof(pool).verify().findings == [])
    #expect(try await count("SELECT coalesce(sum(balance_micro), 0)::bigint FROM accounts") == 0)
  }

  // MARK: Over a socket

  /// Runs a gateway with the webhook during `body`.
  func serving(
    secrets: [String] = [BillingFixture.secret],
    now: @escaping @Sendable () -> Timestamp = { BillingFixture.now },
    _ body: (_ url: String) async throws -> Void
  ) async throws {
    let store = store
    let webhook = StripeWebhook(secrets: secrets.map { Secret($0) }, store: { .success(store) }, now: now)
    let route = WebhookRoute(path: "webhooks/stripe") { request in
      let reply = await webhook.process(request.body, signature: request.header("Stripe-Signature"))
      return WebhookAnswer(status: reply.status, json: reply.json, retryAfterSeconds: reply.retryAfterSeconds)
    }
    let server = GatewayServer(
      address: .tcp(host: "127.0.0.1", port: 0), metrics: { "" }, health: HealthChecks(alive: [], ready: []),
      webhooks: [route], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (addresses, listening) = AsyncStream<ListenAddress>.makeStream()
    let (stops, stop) = AsyncStream<Never>.makeStream()
    async let run: Void = server.run(listening: { listening.yield($0) }, until: { for await _ in stops {} })
    let address = await addresses.first { _ in true }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body("http://\(try #require(address))/webhooks/stripe"))
    } catch {
      result = .failure(error)
    }
    stop.finish()
    try await run
    try result.get()
  }

  /// A delivery as Stripe sends it, signed now.
  static func delivery(_ body: String, to url: String, signature: String? = nil) -> HTTPRequest {
    var request = HTTPRequest(.post, url)
    request.body = Array(body.utf8)
    request.add("Content-Type", "application/json; charset=utf-8")
    let now = BillingFixture.now.microseconds / 1_000_000
    request.add(
      "Stripe-Signature",
      signature ?? TestSigner.header(Array(body.utf8), secret: BillingFixture.secret, at: now))
    return request
  }
}
