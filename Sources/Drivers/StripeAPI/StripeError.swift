package import Model

/// Why an event was refused or a question to Stripe got no usable answer.
///
/// `description` is safe to show and says what to do. Neither it nor `debugDescription` holds a key, a signing secret
/// or anything that the event's body says, but for names of members.
package struct StripeError: Error, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// The `Stripe-Signature` header is not what Stripe sends.
    case malformedHeader
    /// The header holds no signature of scheme `v1`.
    case noSignature
    /// No signature fits the body: it was changed, or signed with another secret.
    case noMatch
    /// Genuine, but signed longer ago than is tolerated: a replay, a slow delivery or a wrong clock.
    case tooOld
    /// Genuine, but signed further ahead than is tolerated: a wrong clock.
    case inFuture
    /// The body is no event as Stripe describes it.
    case malformedEvent
    /// What the caller gave cannot be used: an address, an id, no secret at all.
    case invalidRequest
    /// Stripe does not take the key, or the key may not read this.
    case unauthorized
    case notFound
    case rateLimited
    /// No answer: no connection, or it broke.
    case unreachable
    case timedOut
    /// The peer's certificate proves nothing.
    case untrusted
    case cancelled
    /// Stripe answers that it fails (5xx).
    case failing
    /// An answer that this API version does not have; the same question gets it again.
    case unexpectedAnswer
  }

  package let code: Code
  package let message: String
  package let hint: String?
  /// For `debugDescription` only.
  package let detail: String

  package init(_ code: Code, _ message: String, hint: String? = nil, detail: String = "") {
    self.code = code
    self.message = message
    self.hint = hint
    self.detail = detail
  }

  package var retry: BackendError.Retry {
    switch code {
    case .rateLimited, .unreachable, .timedOut, .cancelled, .failing: .later
    default: .afterChange
    }
  }

  /// Whether the same question gets the same refusal for good. What passes, and what an operator mends without a change of
  /// the question (the key, the certificates), is not lasting.
  package var isLasting: Bool {
    switch code {
    case .notFound, .invalidRequest, .unexpectedAnswer: true
    default: false
    }
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }
  package var debugDescription: String {
    "StripeError.\(code.rawValue): \(description)\(detail.isEmpty ? "" : " [\(detail)]")"
  }

  /// The same for components: the code becomes `stripe.rateLimited`.
  package var backendError: BackendError {
    BackendError(code: "stripe.\(code.rawValue)", message, hint: hint, retry: retry)
  }

  /// The same error without the secret, wherever a peer repeated it.
  func redacting(_ secret: Secret) -> StripeError {
    let text = secret.reveal()
    guard !text.isEmpty else { return self }
    func clean(_ words: String) -> String {
      words.split(separator: text, omittingEmptySubsequences: false).joined(separator: Secret.redactedText)
    }
    return StripeError(code, clean(message), hint: hint.map(clean), detail: clean(detail))
  }
}
