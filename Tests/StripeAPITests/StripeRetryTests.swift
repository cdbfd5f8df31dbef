import HTTP
import HTTPSupport
import Model
import StripeAPI
import StripeSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StripeRetryTests {
  private typealias Fixture = StripeClientFixture
  private let fixture = Fixture()
  private static let key = Fixture.key

  struct Refusal: Sendable, CustomTestStringConvertible {
    let reason: String
    let answers: [StripeStandIn.Answer]
    let code: StripeError.Code?
    let requests: Int
    var testDescription: String { reason }
  }

  private static let good = StripeStandIn.Answer.status(200, body: Fixture.price("price_1"))
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
      reason: "another price", answers: [.status(200, body: Fixture.price("price_9"))],
      code: .unexpectedAnswer,
      requests: 1),
    Refusal(
      reason: "a price below nothing",
      answers: [.status(200, body: Fixture.price("price_1", amount: "-1"))],
      code: .unexpectedAnswer, requests: 1),
    Refusal(
      reason: "the key comes back",
      answers: [
        .status(
          404, headers: ["Request-Id: \(key)"],
          body:
            #"{"error":{"type":"\#(Fixture.key)","code":"\#(Fixture.key)","message":"\#(Fixture.key)"}}"#
        )
      ], code: .notFound, requests: 1),
  ]

  @Test("Temporary failures are retried", arguments: refusals)
  func temporaryFailuresAreRetried(_ refusal: Refusal) async throws {
    let server = try StripeStandIn(key: Fixture.key, script: refusal.answers)
    defer { server.stop() }
    let client = try fixture.client(server)
    if let code = refusal.code {
      let error = try await fixture.failure(client)
      #expect(error.code == code, "\(error)")
    } else {
      let price = try await client.price("price_1")
      #expect(price.id == "price_1")
    }
    #expect(server.requests.count == refusal.requests && fixture.clock.rests.count == refusal.requests - 1)
  }

  @Test("Delays grow up to a limit") func delaysGrowUpToALimit() async throws {
    let server = try StripeStandIn(key: Fixture.key, script: Array(repeating: .status(503), count: 10))
    defer { server.stop() }
    let retries = RetryPolicy(attempts: 8, initialDelay: .seconds(1), maxDelay: .seconds(10))
    let error = try await fixture.failure(try fixture.client(server, retries: retries))
    #expect(error.code == .failing && error.retry == .later)
    let wholes: [Duration] = [1, 2, 4, 8, 10, 10, 10].map { .seconds($0) }
    #expect(fixture.clock.rests.count == wholes.count)
    for (rest, whole) in zip(fixture.clock.rests, wholes) { #expect(rest >= whole / 2 && rest <= whole) }
  }

  @Test("A delay is at least as long as Stripe requests")
  func aDelayIsAtLeastAsLongAsStripeRequests() async throws {
    let server = try StripeStandIn(
      key: Fixture.key,
      script: [.status(429, headers: ["Retry-After: 7"]), .status(429, headers: ["Retry-After: ?"])])
    defer { server.stop() }
    let error = try await fixture.failure(try fixture.client(server, retries: RetryPolicy(attempts: 3)))
    #expect(error.code == .notFound, "the third answer counts")
    #expect(fixture.clock.rests.first == .seconds(7))
    #expect(fixture.clock.rests.last.map { $0 < .seconds(2) } == true, "a wish that cannot be read is none")
  }
}
