import Billing
import HTTP
import HTTPSupport
import KindTestSupport
import Model
import Reconciling
import StripeAPI
import StripeSupport
import Testing

/// Tests against a fake that responds as Stripe documents.
@Suite(.timeLimit(.minutes(2))) struct PriceCheckTests {
  private static let key = "rk_test_Geheim"

  private static func price(
    _ id: String, active: Bool = true, amount: String = "1000", currency: String = "usd"
  )
    -> String
  {
    """
    {"id":"\(id)","object":"price","active":\(active),"billing_scheme":"per_unit","currency":"\(currency)",\
    "livemode":false,"product":"prod_1","type":"one_time","unit_amount":\(amount)}
    """
  }

  private static func check(_ address: String, key: String = key) -> PriceCheck {
    PriceCheck { settings in
      #expect(settings.address == address && settings.secret == .environment("STRIPE_SECRET"))
      guard let endpoint = try? StripeEndpoint(parsing: settings.address) else {
        return .failure(BackendError(code: "test", "no address"))
      }
      return .success(
        StripeClient(
          endpoint: endpoint, key: Secret(key), client: HTTPClient(), retries: RetryPolicy(attempts: 1),
          timeout: .seconds(5)))
    }
  }

  private static func map(_ address: String, _ prices: String) throws -> Resource<PriceMapSpec> {
    try Fixture.resource(
      PriceMapSpec.self, "packs",
      #"{"check":{"stripe":{"address":"\#(address)","secret":{"env":"STRIPE_SECRET"}}},"#
        + #""prices":{\#(prices)}}"#
    )
  }

  /// Records the map and returns its health.
  private static func health(
    _ map: Resource<PriceMapSpec>, _ check: PriceCheck, _ world: World, at now: Timestamp = Fixture.now
  ) async throws -> Health {
    let pool = world.pool
    let backend = PriceMapBackend(check: check) { _ in pool }
    _ = try await world.converge(map)
    let subject = Subject(id: map.id, desired: map, lastApplied: nil)
    let context = Fixture.reconcileContext(now: now, offers: World.context.offers)
    let seen = try #require(try await backend.observe([subject], in: context)[map.id]?.get())
    let plan = try PriceMapPlanner().plan(map, seen, Fixture.context(map))
    #expect(plan.steps.isEmpty && plan.waitingOn == nil, "Stripe's response changes no row")
    return backend.health(of: subject, observed: seen, in: context)
  }

  static let cases: [(prices: String, reason: String?, part: String)] = [
    (#""ok":{"credits":1,"amount":10}"#, nil, ""), (#""ok":{"credits":1}"#, nil, ""),
    (#""gone":{"credits":1}"#, "PriceMissing", "gone does not exist at Stripe"),
    (#""off":{"credits":1}"#, "PriceInactive", "off is archived at Stripe"),
    (#""ok":{"credits":1,"amount":10.01}"#, "PriceDiffers", "ok costs 10 at Stripe, but 10.01 here"),
    (#""tiers":{"credits":1,"amount":1}"#, "PriceDiffers", "tiers costs no fixed amount"),
    (#""tiers":{"credits":1}"#, nil, ""), (#""euro":{"credits":1}"#, "PriceDiffers", "is in eur at Stripe"),
    (
      #""gone":{"credits":1},"off":{"credits":1},"ok":{"credits":1}"#, "PriceMissing",
      "; off is archived at Stripe"
    ),
  ]

  @Test("Stripe's response decides the map's health", arguments: cases) func responseDecidesHealth(
    _ row: (prices: String, reason: String?, part: String)
  ) async throws {
    let server = try StripeStandIn(
      key: Self.key,
      prices: [
        "ok": Self.price("ok"), "off": Self.price("off", active: false),
        "tiers": Self.price("tiers", amount: "null"),
        "euro": Self.price("euro", currency: "eur"),
      ])
    defer { server.stop() }
    try await World.with { (world) async throws in
      let health = try await Self.health(
        Self.map(server.address, row.prices), Self.check(server.address), world)
      guard let reason = row.reason else {
        #expect(health == .ready)
        return
      }
      guard case .degraded(let found, let message) = health else {
        Issue.record("\(health)")
        return
      }
      #expect(found == reason && message.contains(row.part), "\(found): \(message)")
    }
  }

  @Test("Stripe writes the amounts of UGX and ISK in hundredths", arguments: ["ugx", "isk"])
  func amountsInHundredths(_ currency: String) async throws {
    let server = try StripeStandIn(
      key: Self.key,
      prices: [
        "same": Self.price("same", amount: "500000", currency: currency),
        "less": Self.price("less", amount: "5000", currency: currency),
      ])
    defer { server.stop() }
    try await World.with { (world) async throws in
      func health(_ id: String) async throws -> Health {
        let map = try Fixture.resource(
          PriceMapSpec.self, "packs",
          #"{"currency":"\#(currency)","check":{"stripe":{"address":"\#(server.address)","#
            + #""secret":{"env":"STRIPE_SECRET"}}},"prices":{"\#(id)":{"credits":1,"amount":5000}}}"#)
        return try await Self.health(map, Self.check(server.address), world)
      }
      #expect(try await health("same") == .ready)
      #expect(
        try await health("less")
          == .degraded(reason: "PriceDiffers", message: "less costs 50 at Stripe, but 5000 here"))
    }
  }

  @Test("A response is cached for an hour") func responseIsCachedForAnHour() async throws {
    let server = try StripeStandIn(key: Self.key, prices: ["ok": Self.price("ok")])
    defer { server.stop() }
    try await World.with { (world) async throws in
      let (map, check) = (try Self.map(server.address, #""ok":{"credits":1}"#), Self.check(server.address))
      for (seconds, questions) in [(0, 1), (3599, 1), (3600, 2), (3601, 2)] {
        let now = Fixture.now + TimeSpan(seconds: Int64(seconds))
        #expect(try await Self.health(map, check, world, at: now) == .ready)
        #expect(server.requests.count == questions, "after \(seconds) s")
      }
    }
  }

  @Test("An unavailable Stripe is no fault of prices, a wrong key is") func unavailableStripeIsNoFault()
    async throws
  {
    let server = try StripeStandIn(key: Self.key, prices: [:], script: [.status(500), .hangUp])
    defer { server.stop() }
    try await World.with { (world) async throws in
      let (map, check) = (try Self.map(server.address, #""ok":{"credits":1}"#), Self.check(server.address))
      #expect(try await Self.health(map, check, world) == .ready)
      #expect(try await Self.health(map, check, world, at: Fixture.now + TimeSpan(seconds: 30)) == .ready)
      #expect(server.requests.count == 1, "it is left alone for a minute")
      #expect(try await Self.health(map, check, world, at: Fixture.now + TimeSpan(seconds: 60)) == .ready)
      guard
        case .degraded("PricesNotChecked", let message) = try await Self.health(
          map, Self.check(server.address, key: "wrong_Geheim"), world)
      else {
        Issue.record("the key is wrong")
        return
      }
      #expect(!message.contains("Geheim"))
    }
  }

  @Test("A map without a check sends no request") func mapWithoutCheckSendsNoRequest() async throws {
    let check = PriceCheck { _ in
      Issue.record("a request was sent")
      return .failure(BackendError(code: "test", "no"))
    }
    try await World.with { (world) async throws in
      let map = try Fixture.resource(PriceMapSpec.self, "packs", #"{"prices":{"a":{"credits":1}}}"#)
      #expect(try await Self.health(map, check, world) == .ready)
    }
  }
}
