import HTTP
import HTTPSupport
import Model
import StripeAPI
import StripeSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StripeClientTests {
  static let key = "sk_test_51HGeheim"
  private let clock = RestClock()

  static func price(_ id: String, active: Bool = true, amount: String = "1000", kind: String = "one_time")
    -> String
  {
    """
    {"id":"\(id)","object":"price","active":\(active),"billing_scheme":"per_unit","created":1759000000,\
    "currency":"usd","livemode":false,"metadata":{},"product":"prod_1","type":"\(kind)",\
    "unit_amount":\(amount),"unit_amount_decimal":null}
    """
  }

  private func client(
    _ server: StripeStandIn, key: String = key, retries: RetryPolicy = .stripe,
    timeout: Duration = .seconds(30)
  ) throws -> StripeClient {
    StripeClient(
      endpoint: try StripeEndpoint(parsing: server.address), key: Secret(key), client: HTTPClient(),
      clock: clock,
      retries: retries, timeout: timeout)
  }

  /// The error that asking for a price ends with.
  private func failure(_ client: StripeClient, price id: String = "price_1") async throws -> StripeError {
    do {
      let price = try await client.price(id)
      throw Unexpected(price: price)
    } catch let error as StripeError {
      for text in [error.description, error.debugDescription, error.backendError.description] {
        #expect(!text.contains("Geheim"), "\(text)")
      }
      return error
    }
  }

  private struct Unexpected: Error { let price: StripePrice }

  // MARK: - Answers

  @Test("Prices are read") func pricesAreRead() async throws {
    let server = try StripeStandIn(
      key: Self.key,
      prices: [
        "price_1": Self.price("price_1"),
        "old%20plan": Self.price("old plan", amount: "null", kind: "recurring"),
        "price_2": Self.price("price_2", active: false, kind: "a_new_word"),
      ])
    defer { server.stop() }
    let client = try client(server)
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
    #expect(request.headers["authorization"] == "Bearer \(Self.key)")
    #expect(request.headers["idempotency-key"] == nil && clock.rests.isEmpty)
  }

  @Test("Line items are read page by page", arguments: [0, 1, 99, 100, 101, 250])
  func lineItemsAreReadPageByPage(count: Int) async throws {
    let ids = (0..<count).map { "li_\($0)" }
    let server = try StripeStandIn(key: Self.key, sessions: ["cs_1": ids])
    defer { server.stop() }
    let items = try await client(server).lineItems(ofSession: "cs_1")
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
      key: Self.key, prices: Dictionary(uniqueKeysWithValues: ids.map { ($0, Self.price($0)) }))
    defer { server.stop() }
    let client = try client(server)
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
    let answers = try await client(server).prices(ids)
    #expect(answers.count == 100 && server.requests.count <= 8, "\(server.requests.count) requests")
    for (id, answer) in answers {
      guard case .failure(let error) = answer else {
        Issue.record("\(id) was read")
        continue
      }
      #expect(error.code == .unauthorized && !error.debugDescription.contains("Geheim"))
    }
  }

  // MARK: - Failures

  struct Refusal: Sendable, CustomTestStringConvertible {
    let reason: String
    let answers: [StripeStandIn.Answer]
    let code: StripeError.Code?
    let requests: Int
    var testDescription: String { reason }
  }

  private static let good = StripeStandIn.Answer.status(200, body: price("price_1"))
  static let refusals = [
    Refusal(reason: "403 is final", answers: [.status(403)], code: .unauthorized, requests: 1),
    Refusal(reason: "400 is final", answers: [.status(400)], code: .unexpectedAnswer, requests: 1),
    Refusal(reason: "409 is final", answers: [.status(409)], code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "redirects are not followed",
      answers: [.status(302, headers: ["Location: https://example.com/"], body: "")], code: .unexpectedAnswer,
      requests: 1),
    Refusal(
      reason: "204 is no answer", answers: [.status(204, body: "")], code: .unexpectedAnswer, requests: 1),
    Refusal(reason: "429 passes", answers: [.status(429), .status(429), good], code: nil, requests: 3),
    Refusal(
      reason: "5xx passes", answers: [.status(500), .status(503), .status(502), good], code: nil,
      requests: 4),
    Refusal(reason: "broken connections pass", answers: [.hangUp, .hangUp, good], code: nil, requests: 3),
    Refusal(
      reason: "four times 429", answers: [.status(429), .status(429), .status(429), .status(429), good],
      code: .rateLimited, requests: 4),
    Refusal(
      reason: "four times 5xx", answers: [.status(500), .status(500), .status(500), .status(500), good],
      code: .failing, requests: 4),
    Refusal(
      reason: "four broken connections", answers: [.hangUp, .hangUp, .hangUp, .hangUp], code: .unreachable,
      requests: 4),
    Refusal(
      reason: "Stripe knows that it will stay",
      answers: [.status(500, headers: ["Stripe-Should-Retry: false"]), good], code: .failing,
      requests: 1),
    Refusal(
      reason: "a wish for a rest that is too long",
      answers: [.status(429, headers: ["Retry-After: 3600"]), good],
      code: .rateLimited, requests: 1),
    Refusal(
      reason: "no JSON", answers: [.status(200, body: "<html>")], code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "nested beyond reason", answers: [.status(200, body: String(repeating: "[", count: 100_000))],
      code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "longer than any answer", answers: [.status(200, body: String(repeating: " ", count: 5 << 20))],
      code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "another price", answers: [.status(200, body: price("price_9"))], code: .unexpectedAnswer,
      requests: 1),
    Refusal(
      reason: "a price below nothing", answers: [.status(200, body: price("price_1", amount: "-1"))],
      code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "the key comes back",
      answers: [
        .status(
          404, headers: ["Request-Id: \(key)"],
          body: #"{"error":{"type":"\#(key)","code":"\#(key)","message":"\#(key)"}}"#)
      ], code: .notFound, requests: 1),
  ]

  @Test("Temporary failures are retried", arguments: refusals)
  func temporaryFailuresAreRetried(_ refusal: Refusal) async throws {
    let server = try StripeStandIn(key: Self.key, script: refusal.answers)
    defer { server.stop() }
    let client = try client(server)
    if let code = refusal.code {
      let error = try await failure(client)
      #expect(error.code == code, "\(error)")
    } else {
      let price = try await client.price("price_1")
      #expect(price.id == "price_1")
    }
    #expect(server.requests.count == refusal.requests && clock.rests.count == refusal.requests - 1)
  }

  @Test("Delays grow up to a limit") func delaysGrowUpToALimit() async throws {
    let server = try StripeStandIn(key: Self.key, script: Array(repeating: .status(503), count: 10))
    defer { server.stop() }
    let retries = RetryPolicy(attempts: 8, initialDelay: .seconds(1), maxDelay: .seconds(10))
    let error = try await failure(try client(server, retries: retries))
    #expect(error.code == .failing && error.retry == .later)
    let wholes: [Duration] = [1, 2, 4, 8, 10, 10, 10].map { .seconds($0) }
    #expect(clock.rests.count == wholes.count)
    for (rest, whole) in zip(clock.rests, wholes) { #expect(rest >= whole / 2 && rest <= whole) }
  }

  @Test("A delay is at least as long as Stripe requests")
  func aDelayIsAtLeastAsLongAsStripeRequests() async throws {
    let server = try StripeStandIn(
      key: Self.key,
      script: [.status(429, headers: ["Retry-After: 7"]), .status(429, headers: ["Retry-After: ?"])])
    defer { server.stop() }
    let error = try await failure(try client(server, retries: RetryPolicy(attempts: 3)))
    #expect(error.code == .notFound, "the third answer counts")
    #expect(clock.rests.first == .seconds(7))
    #expect(clock.rests.last.map { $0 < .seconds(2) } == true, "a wish that cannot be read is none")
  }

  @Test("Errors repeat Stripe's codes") func errorsRepeatStripesCodes() async throws {
    let server = try StripeStandIn(key: Self.key)
    defer { server.stop() }
    let gone = try await failure(try client(server))
    #expect(
      gone.description
        == """
        price price_1: Stripe at \(server.address) has nothing of this id (invalid_request_error, \
        resource_missing, req_resource_missing); check the id, \
        and whether key and id are both live or both test
        """)
    #expect(gone.backendError.code == "stripe.notFound" && gone.retry == .afterChange)
    let wrongKey = try await failure(try client(server, key: "sk_wrong_Geheim"))
    #expect(wrongKey.code == .unauthorized && wrongKey.description.contains("does not take the key"))
    let keyless = try await failure(try client(server, key: ""))
    #expect(keyless.code == .invalidRequest)
    let broken = try await failure(try client(server, key: "sk_Geheim\r\nX: y"))
    #expect(broken.code == .invalidRequest)
    #expect(server.requests.count == 2, "without a usable key nothing is sent")
    for id in ["", ".", "..", "a\nb", String(repeating: "x", count: 256)] {
      let error = try await failure(try client(server), price: id)
      #expect(error.code == .invalidRequest)
    }
    let tricky = try await failure(try client(server), price: "../../v1/checkout?x#y")
    #expect(tricky.code == .notFound)
    #expect(server.requests.last?.target == "/v1/prices/..%2F..%2Fv1%2Fcheckout%3Fx%23y")
  }

  @Test("Timeouts and missing objects have typed errors")
  func timeoutsAndMissingObjectsHaveTypedErrors() async throws {
    let server = try StripeStandIn(key: Self.key, script: [.silence, .silence])
    let quick = try client(server, retries: RetryPolicy(attempts: 2), timeout: .milliseconds(50))
    let silent = try await failure(quick)
    #expect(silent.code == .timedOut && silent.retry == .later && clock.rests.count == 1)
    let fresh = StripeClient(
      endpoint: try StripeEndpoint(parsing: "http://127.0.0.1:1"), key: Secret(Self.key),
      client: HTTPClient(), clock: clock, retries: RetryPolicy(attempts: 2))
    server.stop()
    let absent = try await failure(fresh)
    #expect(absent.code == .unreachable && absent.retry == .later)
  }

  @Test("A cancelled request ends") func aCancelledRequestEnds() async throws {
    let server = try StripeStandIn(key: Self.key, script: [.silence])
    defer { server.stop() }
    let client = try client(server)
    let question = Task { try await failure(client) }
    while server.requests.isEmpty { await Task.yield() }
    question.cancel()
    let error = try await question.value
    #expect(error.code == .cancelled && clock.rests.isEmpty)
  }

  @Test("Endless lists are rejected") func endlessListsAreRejected() async throws {
    let item = SampleEvents.lineItem
    let pages: [(StripeStandIn.Answer, String)] = [
      (.status(200, body: SampleEvents.list("", hasMore: true)), "promises more"),
      (.status(200, body: SampleEvents.list("\(item),\(item)")), "repeats line item li_1"),
      (.status(200, body: SampleEvents.list("{}")), "data[0].object is missing"),
    ]
    for (page, says) in pages {
      let server = try StripeStandIn(key: Self.key, script: [page])
      let client = try client(server)
      let result = await Result.of { () async throws(StripeError) in
        try await client.lineItems(ofSession: "cs_1")
      }
      #expect(result.failure?.code == .unexpectedAnswer && result.failure?.message.contains(says) == true)
      server.stop()
    }
    let endless = try StripeStandIn(
      key: Self.key, sessions: ["cs_1": (0..<10_001).map { "li_\($0)" }])
    defer { endless.stop() }
    let client = try client(endless)
    let result = await Result.of { () async throws(StripeError) in
      try await client.lineItems(ofSession: "cs_1")
    }
    #expect(result.failure?.message.contains("more than 100 pages") == true && endless.requests.count == 100)
  }
}

extension Result where Failure == StripeError {
  /// What the work comes to.
  static func of(_ work: () async throws(StripeError) -> Success) async -> Self {
    do {
      return .success(try await work())
    } catch {
      return .failure(error)
    }
  }

  var failure: StripeError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
