package import Model
internal import StripeAPI

/// Takes deliveries of Stripe's: proves by the raw bytes that they are Stripe's and new, and does what they tell.
package struct StripeWebhook: Sendable {
  /// The books of the moment; they may move to another database while a server runs.
  package typealias Books = @Sendable () async -> Result<BillingStore, BackendError>

  package enum Reply: Sendable, Hashable {
    /// 200: Stripe need not send it again.
    case taken(BillingOutcome, event: String)
    /// 400: it is none of Stripe's, or too old.
    case refused(code: String, message: String)
    /// 503: nothing was recorded, Stripe is to send it again.
    case unavailable(BackendError)
  }

  private let secrets: [Secret]
  private let books: Books
  private let now: @Sendable () -> Timestamp

  /// - Parameter secrets: the endpoint's signing secrets: more than one while one replaces another.
  package init(secrets: [Secret], books: @escaping Books, now: @escaping @Sendable () -> Timestamp) {
    self.secrets = secrets
    self.books = books
    self.now = now
  }

  /// - Parameters:
  ///   - body: as it arrived.
  ///   - signature: the header `Stripe-Signature`; nil where there is none.
  package func take(_ body: [UInt8], signature: String?) async -> Reply {
    do throws(StripeError) {
      try StripeSignature(header: signature ?? "").verify(body, secrets: secrets, now: now())
    } catch {
      return .refused(code: error.code.rawValue, message: error.description)
    }
    switch await books() {
    case .failure(let error): return .unavailable(error)
    case .success(let books):
      let received = ReceivedEvent(payload: body)
      let outcome = await books.take(received)
      if case .unavailable(let error) = outcome { return .unavailable(error) }
      return .taken(outcome, event: received.id)
    }
  }
}

extension StripeWebhook.Reply {
  /// Of HTTP.
  package var status: Int {
    switch self {
    case .taken: 200
    case .refused: 400
    case .unavailable: 503
    }
  }

  /// After how long Stripe may come again; it has a plan of its own, which is longer.
  package var retryAfterSeconds: Int? { if case .unavailable = self { 30 } else { nil } }

  /// What came of it, as a word for metrics.
  package var word: String {
    switch self {
    case .taken(let outcome, _): outcome.word
    case .refused: "refused"
    case .unavailable: "unavailable"
    }
  }

  /// For whoever looks at deliveries in Stripe's dashboard; holds nothing that Stripe did not say.
  package var json: String {
    let value: Value =
      switch self {
      case .taken(.kept(let refusal), _):
        .members(["outcome": .string(word), "reason": .string(refusal.reason.rawValue)])
      case .taken: .members(["outcome": .string(word)])
      case .refused(let code, let message): .members(["error": .string(code), "message": .string(message)])
      case .unavailable(let error): .members(["error": .string(error.code.rawValue)])
      }
    return value.json
  }
}
