package import Model

/// An event at Stripe, with the affected object at that time.
///
/// Does not prove its sender: verify the bytes with `StripeSignature` first.
package struct StripeEvent: Sendable, Hashable {
  package enum Object: Sendable, Hashable {
    /// `checkout.session.completed`, `checkout.session.async_payment_succeeded`,
    /// `checkout.session.async_payment_failed`
    case checkoutSession(StripeCheckoutSession)
    /// `charge.refunded`
    case charge(StripeCharge)
    /// `charge.dispute.created`, `.closed`, `.funds_withdrawn`, `.funds_reinstated`
    case dispute(StripeDispute)
    /// Any other type of event, whose object is not parsed.
    case other(String)
  }

  /// Longer bodies are rejected; Stripe's are a few KiB.
  package static let maxBytes = 1 << 20

  /// `evt_…`: the same for every delivery of the same event.
  package let id: String
  /// Such as `charge.refunded`.
  package let type: String
  package let created: Timestamp
  /// False for events of test keys, which do not move money.
  package let isLive: Bool
  /// The API version of the object, set at the endpoint; nil where Stripe omits it.
  package let apiVersion: String?
  package let object: Object

  /// Fails with `malformedEvent`, which names the path of the unexpected value.
  package init(body: [UInt8]) throws(StripeError) {
    guard body.count <= StripeEvent.maxBytes else {
      throw StripeError(
        .malformedEvent, "the event is longer than \(StripeEvent.maxBytes) bytes",
        hint: StripeEvent.hint)
    }
    let value: Value
    do {
      value = try Value(json: body)
    } catch {
      throw StripeError(.malformedEvent, "the event is \(error)", hint: StripeEvent.hint)
    }
    do {
      try self.init(JSONField(value))
    } catch {
      throw StripeError(
        .malformedEvent, "the event is not as Stripe describes it: \(error.path) \(error.what)",
        hint: StripeEvent.hint)
    }
  }

  private static let hint =
    "send snapshot events from a webhook endpoint of Stripe's, with a current API version"

  private init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "event")
    id = try field["id"].identifier()
    type = try field["type"].identifier()
    created = try field["created"].moment()
    isLive = try field["livemode"].flag()
    apiVersion = try field["api_version"].present?.text()
    let subject = field["data"]["object"]
    object =
      switch type {
      case "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed":
        .checkoutSession(try StripeCheckoutSession(subject))
      case "charge.refunded":
        .charge(try StripeCharge(subject))
      case "charge.dispute.created", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated":
        .dispute(try StripeDispute(subject))
      default: .other(type)
      }
  }
}
