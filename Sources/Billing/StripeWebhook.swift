package import Model
internal import StripeAPI

/// Processes deliveries of Stripe: verifies the signature and age of the raw bytes, then processes the event.
package struct StripeWebhook: Sendable {
  /// The current store; it may move to another database while a server runs.
  package typealias Store = @Sendable () async -> Result<BillingStore, BackendError>

  package enum Reply: Sendable, Hashable {
    /// 200: Stripe does not send the event again.
    case processed(BillingOutcome, event: String)
    /// 400: the delivery is not signed by Stripe, or too old.
    case refused(code: String, message: String)
    /// 503: nothing was recorded; Stripe sends the event again.
    case unavailable(BackendError)
  }

  private let secrets: [Secret]
  private let store: Store
  private let now: @Sendable () -> Timestamp

  /// - Parameter secrets: The endpoint's signing secrets; more than one during a rotation.
  package init(secrets: [Secret], store: @escaping Store, now: @escaping @Sendable () -> Timestamp) {
    self.secrets = secrets
    self.store = store
    self.now = now
  }

  /// - Parameters:
  ///   - body: The body as received.
  ///   - signature: The header `Stripe-Signature`; nil if absent.
  package func process(_ body: [UInt8], signature: String?) async -> Reply {
    do throws(StripeError) {
      try StripeSignature(header: signature ?? "").verify(body, secrets: secrets, now: now())
    } catch {
      return .refused(code: error.code.rawValue, message: error.description)
    }
    switch await store() {
    case .failure(let error): return .unavailable(error)
    case .success(let store):
      let received = ReceivedEvent(payload: body)
      let outcome = await store.process(received)
      if case .unavailable(let error) = outcome { return .unavailable(error) }
      return .processed(outcome, event: received.id)
    }
  }
}

extension StripeWebhook.Reply {
  /// The HTTP status.
  package var status: Int {
    switch self {
    case .processed: 200
    case .refused: 400
    case .unavailable: 503
    }
  }

  /// The value of `Retry-After`. Stripe's own schedule of retries is slower.
  package var retryAfterSeconds: Int? { if case .unavailable = self { 30 } else { nil } }

  /// The outcome as a word for metrics.
  package var word: String {
    switch self {
    case .processed(let outcome, _): outcome.word
    case .refused: "refused"
    case .unavailable: "unavailable"
    }
  }

  /// The response body, which Stripe's dashboard shows. Contains no data that is not Stripe's.
  package var json: String {
    let value: Value =
      switch self {
      case .processed(.kept(let refusal), _):
        .members(["outcome": .string(word), "reason": .string(refusal.reason.rawValue)])
      case .processed: .members(["outcome": .string(word)])
      case .refused(let code, let message): .members(["error": .string(code), "message": .string(message)])
      case .unavailable(let error): .members(["error": .string(error.code.rawValue)])
      }
    return value.json
  }
}
