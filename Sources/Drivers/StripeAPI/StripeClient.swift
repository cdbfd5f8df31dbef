package import HTTP
package import Model

/// Reads from Stripe's API. Needs a key that may read checkout sessions and prices; a restricted key
/// suffices.
///
/// A request that fails temporarily (429, 5xx, no connection, timeout) is repeated a few times with growing
/// delays; see `RetryPolicy`. Reads may be repeated, so no idempotency key is sent.
package struct StripeClient: Sendable {
  /// The API version of requests and responses, regardless of the account's default.
  package static let apiVersion = "2026-10-28.endive"
  /// Stripe's maximum page size.
  static let pageSize = 100
  /// Longer lists are rejected as endless: 10,000 line items are far beyond any order.
  static let maxPages = 100
  /// Concurrent requests of `prices`: far below Stripe's 25 requests a second for a test account.
  static let maxConcurrentRequests = 4

  package let endpoint: StripeEndpoint
  private let key: Secret
  private let client: HTTPClient
  private let clock: any Clock<Duration>
  private let retries: RetryPolicy
  private let timeout: Duration

  /// Connects with the first request.
  /// - Parameters:
  ///   - key: `sk_…` or `rk_…`.
  ///   - clock: Measures the delays between attempts.
  ///   - timeout: The time limit of one attempt, from its start to its last byte.
  package init(
    endpoint: StripeEndpoint = .standard, key: Secret, client: HTTPClient,
    clock: any Clock<Duration> = ContinuousClock(), retries: RetryPolicy = .stripe,
    timeout: Duration = .seconds(30)
  ) {
    self.endpoint = endpoint
    self.key = key
    self.client = client
    self.clock = clock
    self.retries = retries
    self.timeout = timeout
  }

  /// All line items of a checkout session, in Stripe's order. Fails with `notFound` when there is no such
  /// session.
  package func lineItems(ofSession id: String) async throws(StripeError) -> [StripeLineItem] {
    let subject = "checkout session \(id)"
    let path = "/v1/checkout/sessions/\(try segment(id, of: "checkout session"))/line_items"
    var items: [StripeLineItem] = []
    var seen: Set<String> = []
    for _ in 0..<StripeClient.maxPages {
      let cursor = items.last.map { "&starting_after=\(PercentEncoding.encode($0.id))" } ?? ""
      let body = try await get("\(path)?limit=\(StripeClient.pageSize)\(cursor)", about: subject)
      let page = try read(body, about: subject) { (field) throws(JSONField.Mismatch) in
        try field.list(StripeLineItem.init)
      }
      for item in page.elements where !seen.insert(item.id).inserted {
        throw unexpected(subject, "repeats line item \(item.id)")
      }
      items += page.elements
      guard page.hasMore else { return items }
      guard !page.elements.isEmpty else { throw unexpected(subject, "promises more and sends nothing") }
    }
    throw unexpected(subject, "has more than \(StripeClient.maxPages) pages of line items")
  }

  /// Fails with `notFound` when there is no such price.
  package func price(_ id: String) async throws(StripeError) -> StripePrice {
    let subject = "price \(id)"
    let body = try await get("/v1/prices/\(try segment(id, of: "price"))", about: subject)
    let price = try read(body, about: subject) { (field) throws(JSONField.Mismatch) in try StripePrice(field)
    }
    guard price.id == id else { throw unexpected(subject, "is about price \(price.id)") }
    return price
  }

  /// Returns each of these prices, or its error; requests every id once, a few at a time.
  ///
  /// When Stripe cannot be reached at all (no connection, a wrong key, a lasting rate limit), the remaining
  /// ids get that error without a request of their own.
  package func prices(_ ids: some Sequence<String>) async -> [String: Result<StripePrice, StripeError>] {
    let wanted = Set(ids).sorted()
    var answers: [String: Result<StripePrice, StripeError>] = [:]
    await withTaskGroup(of: PriceAnswer.self) { group in
      var next = 0
      while next < min(StripeClient.maxConcurrentRequests, wanted.count) {
        let id = wanted[next]
        group.addTask { await answer(id) }
        next += 1
      }
      var general: StripeError?
      while let answer = await group.next() {
        answers[answer.id] = answer.result
        if case .failure(let error) = answer.result, error.concernsAllRequests { general = error }
        guard general == nil, next < wanted.count else { continue }
        let id = wanted[next]
        group.addTask { await self.answer(id) }
        next += 1
      }
      if let general {
        for id in wanted[next...] { answers[id] = .failure(general) }
      }
    }
    return answers
  }

  private struct PriceAnswer: Sendable {
    let id: String
    let result: Result<StripePrice, StripeError>
  }

  private func answer(_ id: String) async -> PriceAnswer {
    do {
      return PriceAnswer(id: id, result: .success(try await price(id)))
    } catch {
      return PriceAnswer(id: id, result: .failure(error))
    }
  }
}

// Sends requests.
extension StripeClient {
  /// Encodes an id as a part of a path.
  private func segment(_ id: String, of kind: String) throws(StripeError) -> String {
    guard StripeIdentifier.isValid(id) else {
      throw StripeError(
        .invalidRequest, "this is no id of a \(kind): it is empty, too long or has control characters",
        hint: "copy the id from Stripe's dashboard")
    }
    return PercentEncoding.encode(id)
  }

  private func unexpected(_ subject: String, _ what: String) -> StripeError {
    StripeError(
      .unexpectedAnswer, "\(subject): the answer of Stripe at \(endpoint) \(what)",
      hint: "check that Stripe's address leads to Stripe, API version \(StripeClient.apiVersion)"
    ).redacting(key)
  }

  private func read<Answer>(
    _ body: [UInt8], about subject: String, _ read: (JSONField) throws(JSONField.Mismatch) -> Answer
  ) throws(StripeError) -> Answer {
    let value: Value
    do {
      value = try Value(json: body)
    } catch {
      throw unexpected(subject, "is \(error)")
    }
    do {
      return try read(JSONField(value))
    } catch {
      throw unexpected(subject, "is not as Stripe describes it: \(error.path) \(error.what)")
    }
  }

  /// Returns the body of a response with status 200; retries temporary failures.
  private func get(_ target: String, about subject: String) async throws(StripeError) -> [UInt8] {
    guard !key.isEmpty else {
      throw StripeError(
        .invalidRequest, "there is no key for Stripe at \(endpoint)",
        hint: "set a secret or restricted key that may read checkout sessions and prices")
    }
    var request = HTTPRequest(.get, endpoint.description + target)
    request.add("Authorization", Secret("Bearer \(key.reveal())"))
    request.add("Stripe-Version", StripeClient.apiVersion)
    request.add("User-Agent", "RenderTrust")
    request.connectTimeout = .seconds(10)
    request.totalTimeout = timeout
    request.maximumResponseBytes = 4 << 20
    var attempts = 0
    while true {
      attempts += 1
      let failure: StripeFailure
      switch await attempt(request) {
      case .success(let response) where response.status == 200: return response.body
      case .success(let response):
        failure = StripeFailure(response, about: subject, at: endpoint)
      case .failure(let error):
        failure = StripeFailure(error, about: subject, at: endpoint)
      }
      guard failure.mayPass,
        let delay = retries.delay(afterAttempt: attempts, of: target, requested: failure.retryAfter)
      else {
        throw failure.error.redacting(key)
      }
      do {
        try await clock.sleep(for: delay)
      } catch {
        throw StripeError(.cancelled, "\(subject): the question to Stripe at \(endpoint) was cancelled")
      }
    }
  }

  private func attempt(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPError> {
    do {
      return .success(try await client.send(request))
    } catch {
      return .failure(error)
    }
  }
}

extension RetryPolicy {
  /// Waits for at most 20 seconds between 4 attempts.
  package static let stripe = RetryPolicy(attempts: 4)
}
