internal import Model
package import StripeAPI

/// An event with its bytes. The caller has verified the signature.
package struct ReceivedEvent: Sendable {
  package let id: String
  package let type: String
  package let payload: [UInt8]
  package let content: Result<StripeEvent, Refusal>

  /// Never fails: an event that cannot be read is identified by its digest, so that it can be kept.
  package init(payload: [UInt8]) {
    self.payload = payload
    do throws(StripeError) {
      let event = try StripeEvent(body: payload)
      (id, type, content) = (event.id, event.type, .success(event))
    } catch {
      let value = try? Value(json: payload)
      func word(_ key: String) -> String? {
        guard case .string(let text)? = value?[key], ReceivedEvent.isWord(text) else { return nil }
        return text
      }
      id = word("id") ?? Digest(of: payload).description
      type = word("type") ?? "unknown"
      content = .failure(Refusal(.malformedEvent, error.description))
    }
  }

  private static func isWord(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (97...122).contains($0 | 32) || (48...57).contains($0) || $0 == 95 || $0 == 46
      }
  }

  /// The id of the session, charge or dispute; empty for other events.
  var subject: String {
    switch (try? content.get())?.object {
    case .checkoutSession(let session)?: session.id
    case .charge(let charge)?: charge.id
    case .dispute(let dispute)?: dispute.id
    case .other?, nil: ""
    }
  }

  var paymentIntent: String? {
    switch (try? content.get())?.object {
    case .checkoutSession(let session)?: session.paymentIntent
    case .charge(let charge)?: charge.paymentIntent
    case .dispute(let dispute)?: dispute.paymentIntent
    case .other?, nil: nil
    }
  }

  /// The session whose payment failed by this event.
  var failedSession: String? { type == "checkout.session.async_payment_failed" ? subject : nil }

  /// The account of a session event; nil for other events and invalid names.
  var account: String? {
    guard case .checkoutSession(let session)? = (try? content.get())?.object else { return nil }
    return try? CheckoutOrder.account(of: session)
  }
}
