package import Model

/// Why an event was rejected or a request to Stripe got no usable response.
package enum StripeErrorCode: String, ProblemCode, CaseIterable {
  /// The `Stripe-Signature` header does not have Stripe's format.
  case malformedHeader
  /// The header holds no signature of scheme `v1`.
  case noSignature
  /// No signature matches the body: it was changed, or signed with another secret.
  case noMatch
  /// Genuine, but signed longer ago than the tolerance: a replay, a slow delivery or a wrong clock.
  case tooOld
  /// Genuine, but signed further in the future than the tolerance: a wrong clock.
  case inFuture
  /// The body is not an event of the documented format.
  case malformedEvent
  /// An argument of the caller is unusable: an address, an id, an empty secret.
  case invalidRequest
  /// Stripe rejects the key, or the key lacks the permission.
  case unauthorized
  case notFound
  case rateLimited
  /// No response: no connection, or it broke.
  case unreachable
  case timedOut
  /// The peer's certificate is not trusted.
  case untrusted
  case cancelled
  /// Stripe reports an error of its own (5xx).
  case failing
  /// A response that this API version does not have; the same request gets it again.
  case unexpectedAnswer

  package static let domain = "stripe"

  package static let temporary: Set<Self> = [.rateLimited, .unreachable, .timedOut, .cancelled, .failing]

  package var effect: StepEffect { self == .timedOut || self == .cancelled ? .uncertain : .settled }
}

/// Why an event was rejected or a request to Stripe got no usable response. The cause is the status of the
/// response.
///
/// No text, `detail` included, holds a key, a signing secret or content of the event's body other than names
/// of members.
package typealias StripeError = Problem<StripeErrorCode>

extension StripeError {
  /// Whether the same request fails in the same way every time. False for failures that pass, and for those
  /// that an operator repairs without changing the request: the key, the certificates.
  package var isLasting: Bool {
    switch code {
    case .notFound, .invalidRequest, .unexpectedAnswer: true
    default: false
    }
  }

  /// Whether any other request would fail for the same reason.
  var concernsAllRequests: Bool {
    switch code {
    case .unauthorized, .rateLimited, .unreachable, .timedOut, .untrusted, .cancelled: true
    default: false
    }
  }

  /// The same error without the secret, wherever a peer repeated it.
  func redacting(_ secret: Secret) -> StripeError {
    let text = secret.reveal()
    guard !text.isEmpty else { return self }
    func clean(_ words: String) -> String {
      words.split(separator: text, omittingEmptySubsequences: false).joined(separator: Secret.redactedText)
    }
    return StripeError(
      code, clean(message), hint: hint.map(clean), cause: cause, detail: detail.map(clean))
  }
}
