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

/// One after the other: each has a database of its own, and some many connections.
@Suite(.serialized) enum PurchaseTests {}

/// Books of purchases on a new database, with two prices that have been in force for long.
struct Till: Sendable {
  static let now = Timestamp(seconds: 1_795_000_200)
  static let secret = "whsec_test_4b2f"

  let pool: PostgresPool
  var books: BillingStore

  static func with(
    isLive: Bool = true, environment: String = "", lineItems: BillingStore.LineItems? = nil,
    connections: Int = 8,
    _ body: (Till) async throws -> Void
  ) async throws {
    let prices = try EnvironmentPrices(parsing: environment)
    try await TestDatabase.with(connections: connections) { pool in
      try await Migrations(Billing.migrations + Ledger.migrations).apply(to: pool)
      try await LedgerStore(pool).installTriggers()
      let till = Till(
        pool: pool,
        books: BillingStore(
          pool, environmentPrices: prices, isLive: isLive, lineItems: lineItems, now: { Till.now }))
      try await till.openLedger()
      try await till.price("price_100", credits: 100)
      try await till.price("price_550", credits: 550)
      try await body(till)
    }
  }

  /// As an applied `Ledger` does.
  func openLedger() async throws {
    try await LedgerStore(pool).open([LedgerStore.clearingAccount], as: .stripeClearing)
    try await pool.query("INSERT INTO ledgers (name) VALUES ('platform')")
  }

  /// Since a year before the sessions, unless said otherwise.
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
  func take(_ body: String) async -> BillingOutcome {
    await books.take(ReceivedEvent(payload: Array(body.utf8)))
  }

  /// Micro-credits; nil: there is no such account.
  func balance(_ account: String = "ada") async throws -> Int64? {
    try await LedgerStore(pool).account(account)?.balance.micro
  }

  /// Takes credits from an account, as somebody does who works with them.
  func spend(_ micro: Int64, of account: String = "ada", key: String) async throws {
    let ledger = LedgerStore(pool)
    try await ledger.open(["platform"], as: .platform)
    let call = LedgerCall(
      .transfer([LedgerLeg(to: "platform", Credits(micro: micro), for: "payout")], job: "j"), on: account,
      key: key)
    _ = try await ledger.execute([call])[0].get()
  }

  /// Puts credits into an account out of nothing.
  func grant(_ micro: Int64, to account: String, key: String) async throws {
    let leg = LedgerLeg(to: account, Credits(micro: micro), for: "grant")
    let call = LedgerCall(.transfer([leg], job: ""), on: "stripe", key: key)
    _ = try await LedgerStore(pool).execute([call])[0].get()
  }

  func count(_ sql: String) async throws -> Int64 { try await pool.query(sql).only().int(0) }

  /// Reasons of open letters, oldest first.
  func reasons() async throws -> [String] { try await books.letters().map(\.reason) }

  /// Every balance is what its entries come to, and all together are nothing.
  func expectBalanced() async throws {
    #expect(try await LedgerProof(pool).verify().findings == [])
    #expect(try await count("SELECT coalesce(sum(balance_micro), 0)::bigint FROM accounts") == 0)
  }

  // MARK: Over a socket

  /// Runs a gateway with the webhook while `body` speaks to it.
  func serving(
    secrets: [String] = [Till.secret], now: @escaping @Sendable () -> Timestamp = { Till.now },
    _ body: (_ url: String) async throws -> Void
  ) async throws {
    let books = books
    let webhook = StripeWebhook(secrets: secrets.map { Secret($0) }, books: { .success(books) }, now: now)
    let route = WebhookRoute(path: "webhooks/stripe") { request in
      let reply = await webhook.take(request.body, signature: request.header("Stripe-Signature"))
      return WebhookAnswer(status: reply.status, json: reply.json, retryAfterSeconds: reply.retryAfterSeconds)
    }
    let server = GatewayServer(
      address: .tcp(host: "127.0.0.1", port: 0), metrics: { "" }, health: HealthChecks(alive: [], ready: []),
      webhooks: [route], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (addresses, told) = AsyncStream<ListenAddress>.makeStream()
    let (stops, stop) = AsyncStream<Never>.makeStream()
    async let run: Void = server.run(listening: { told.yield($0) }, until: { for await _ in stops {} })
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

  /// A delivery as Stripe makes it, signed now.
  static func delivery(_ body: String, to url: String, signature: String? = nil) -> HTTPRequest {
    var request = HTTPRequest(.post, url)
    request.body = Array(body.utf8)
    request.add("Content-Type", "application/json; charset=utf-8")
    let now = Till.now.microseconds / 1_000_000
    request.add(
      "Stripe-Signature", signature ?? TestSigner.header(Array(body.utf8), secret: Till.secret, at: now))
    return request
  }
}
