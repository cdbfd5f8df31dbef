import Concurrency
import HTTP
import HTTPSupport
import Model
import StripeAPI
import StripeSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StripeClientTests {
  private typealias Fixture = StripeClientFixture
  private let fixture = Fixture()

  @Test("Prices are read") func pricesAreRead() async throws {
    let server = try StripeStandIn(
      key: Fixture.key,
      prices: [
        "price_1": Fixture.price("price_1"),
        "old%20plan": Fixture.price("old plan", amount: "null", kind: "recurring"),
        "price_2": Fixture.price("price_2", active: false, kind: "a_new_word"),
      ])
    defer { server.stop() }
    let client = try fixture.client(server)
    let price = try await client.price("price_1")
    #expect(price.id == "price_1" && price.isActive && price.currency == "usd")
    #expect(price.unitAmount == 1000 && price.kind == .oneTime)
    let plan = try await client.price("old plan")
    #expect(plan.unitAmount == nil && plan.kind == .recurring)
    let other = try await client.price("price_2")
    #expect(!other.isActive && other.kind == .other("a_new_word"))
    let request = try #require(server.requests.first)
    #expect(request.line == "GET /v1/prices/price_1 HTTP/1.1")
    #expect(request.headers["stripe-version"] == "2026-10-28.endive")
    #expect(request.headers["authorization"] == "Bearer \(Fixture.key)")
    #expect(request.headers["idempotency-key"] == nil && fixture.clock.rests.isEmpty)
  }

  @Test("Line items are read page by page", arguments: [0, 1, 99, 100, 101, 250])
  func lineItemsAreReadPageByPage(count: Int) async throws {
    let ids = (0..<count).map { "li_\($0)" }
    let server = try StripeStandIn(key: Fixture.key, sessions: ["cs_1": ids])
    defer { server.stop() }
    let items = try await fixture.client(server).lineItems(ofSession: "cs_1")
    #expect(items.map(\.id) == ids)
    #expect(items.allSatisfy { $0.price == "price_200" && $0.quantity == 2 })
    #expect(server.requests.count == max(1, (count + 99) / 100))
    #expect(server.requests[0].target == "/v1/checkout/sessions/cs_1/line_items?limit=100")
    for (page, request) in server.requests.enumerated().dropFirst() {
      #expect(request.target.hasSuffix("?limit=100&starting_after=li_\(page * 100 - 1)"))
    }
  }

  @Test("Several prices are requested once each")
  func severalPricesAreRequestedOnceEach() async throws {
    let ids = (0..<30).map { "price_\($0)" }
    let server = try StripeStandIn(
      key: Fixture.key, prices: Dictionary(uniqueKeysWithValues: ids.map { ($0, Fixture.price($0)) }))
    defer { server.stop() }
    let client = try fixture.client(server)
    let answers = await client.prices(ids + ids + ["price_gone", ""])
    #expect(answers.count == 32 && server.requests.count == 31)
    for id in ids { #expect(try answers[id]?.get().id == id) }
    guard case .failure(let gone)? = answers["price_gone"], case .failure(let none)? = answers[""] else {
      Issue.record("both are unknown")
      return
    }
    #expect(gone.code == .notFound && none.code == .invalidRequest)
    let nothing = await client.prices([])
    #expect(nothing.isEmpty)
  }

  @Test("A rejected key is not tried for every price")
  func aRejectedKeyIsNotTriedForEveryPrice() async throws {
    let server = try StripeStandIn(key: "another")
    defer { server.stop() }
    let ids = (0..<100).map { "price_\($0)" }
    let answers = try await fixture.client(server).prices(ids)
    #expect(answers.count == 100 && server.requests.count <= 8, "\(server.requests.count) requests")
    for (id, answer) in answers {
      guard case .failure(let error) = answer else {
        Issue.record("\(id) was read")
        continue
      }
      #expect(error.code == .unauthorized && !error.debugDescription.contains("Geheim"))
    }
  }

  @Test("Errors repeat Stripe's codes") func errorsRepeatStripesCodes() async throws {
    let server = try StripeStandIn(key: Fixture.key)
    defer { server.stop() }
    let gone = try await fixture.failure(try fixture.client(server))
    #expect(
      gone.description
        == """
        price price_1: Stripe at \(server.address) has nothing of this id (invalid_request_error, \
        resource_missing, req_resource_missing); check the id, \
        and whether key and id are both live or both test
        """)
    #expect(gone.backendError.code == "stripe.notFound" && gone.retry == .afterChange)
    let wrongKey = try await fixture.failure(try fixture.client(server, key: "sk_wrong_Geheim"))
    #expect(wrongKey.code == .unauthorized && wrongKey.description.contains("does not take the key"))
    let keyless = try await fixture.failure(try fixture.client(server, key: ""))
    #expect(keyless.code == .invalidRequest)
    let broken = try await fixture.failure(try fixture.client(server, key: "sk_Geheim\r\nX: y"))
    #expect(broken.code == .invalidRequest)
    #expect(server.requests.count == 2, "without a usable key nothing is sent")
    for id in ["", ".", "..", "a\nb", String(repeating: "x", count: 256)] {
      let error = try await fixture.failure(try fixture.client(server), price: id)
      #expect(error.code == .invalidRequest)
    }
    let tricky = try await fixture.failure(try fixture.client(server), price: "../../v1/checkout?x#y")
    #expect(tricky.code == .notFound)
    #expect(server.requests.last?.target == "/v1/prices/..%2F..%2Fv1%2Fcheckout%3Fx%23y")
  }

  @Test("Timeouts and missing objects have typed errors")
  func timeoutsAndMissingObjectsHaveTypedErrors() async throws {
    let server = try StripeStandIn(key: Fixture.key, script: [.silence, .silence])
    let quick = try fixture.client(server, retries: RetryPolicy(attempts: 2), timeout: .milliseconds(50))
    let silent = try await fixture.failure(quick)
    #expect(silent.code == .timedOut && silent.retry == .later && fixture.clock.rests.count == 1)
    let fresh = StripeClient(
      endpoint: try StripeEndpoint(parsing: "http://127.0.0.1:1"), key: Secret(Fixture.key),
      client: HTTPClient(), clock: fixture.clock, retries: RetryPolicy(attempts: 2))
    server.stop()
    let absent = try await fixture.failure(fresh)
    #expect(absent.code == .unreachable && absent.retry == .later)
  }

  @Test("A cancelled request ends") func aCancelledRequestEnds() async throws {
    let server = try StripeStandIn(key: Fixture.key, script: [.silence])
    defer { server.stop() }
    let client = try fixture.client(server)
    let question = Task { try await fixture.failure(client) }
    while server.requests.isEmpty { await Task.yield() }
    question.cancel()
    let error = try await question.value
    #expect(error.code == .cancelled && fixture.clock.rests.isEmpty)
  }

  @Test("Endless lists are rejected") func endlessListsAreRejected() async throws {
    let item = SampleEvents.lineItem
    let pages: [(StripeStandIn.Answer, String)] = [
      (.status(200, body: SampleEvents.list("", hasMore: true)), "promises more"),
      (.status(200, body: SampleEvents.list("\(item),\(item)")), "repeats line item li_1"),
      (.status(200, body: SampleEvents.list("{}")), "data[0].object is missing"),
    ]
    for (page, says) in pages {
      let server = try StripeStandIn(key: Fixture.key, script: [page])
      let client = try fixture.client(server)
      let result = await Result { () async throws(StripeError) in
        try await client.lineItems(ofSession: "cs_1")
      }
      #expect(result.failure?.code == .unexpectedAnswer && result.failure?.message.contains(says) == true)
      server.stop()
    }
    let endless = try StripeStandIn(
      key: Fixture.key, sessions: ["cs_1": (0..<10_001).map { "li_\($0)" }])
    defer { endless.stop() }
    let client = try fixture.client(endless)
    let result = await Result { () async throws(StripeError) in
      try await client.lineItems(ofSession: "cs_1")
    }
    #expect(result.failure?.message.contains("more than 100 pages") == true && endless.requests.count == 100)
  }
}

extension Result where Failure == StripeError {
  var failure: StripeError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
