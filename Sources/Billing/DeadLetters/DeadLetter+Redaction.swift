package import Model

extension DeadLetter {
  /// The event as Stripe sent it, with the values of members that describe the payment only. All other
  /// values, such as names, addresses, cards, references and metadata, are redacted. Nil if the event is not
  /// JSON or was removed.
  package var redactedPayload: Value? {
    guard let payload, let value = try? Value(json: payload) else { return nil }
    return DeadLetter.redacted(value)
  }

  /// Members of Stripe's objects that are ids, amounts, times, flags or enumerations by Stripe's
  /// documentation.
  private static let shown: Set<String> = [
    "active", "amount", "amount_captured", "amount_discount", "amount_refunded", "amount_subtotal",
    "amount_tax",
    "amount_total", "api_version", "captured", "charge", "created", "currency", "disputed", "has_more", "id",
    "livemode",
    "mode", "object", "paid", "payment_intent", "payment_status", "price", "quantity", "reason", "refunded",
    "status", "type",
    "unit_amount",
  ]
  /// Members that contain such objects.
  private static let entered: Set<String> = [
    "data", "line_items", "object", "payment_intent", "charge", "price", "refunds",
  ]

  private static func redacted(_ value: Value) -> Value {
    switch value {
    case .array(let elements): .array(elements.map(redacted))
    case .object(let members): .object(members.map(redacted))
    // Elements of lists that are not objects.
    case .null: .null
    default: .string(Secret.redactedText)
    }
  }

  private static func redacted(_ member: Value.Member) -> Value.Member {
    let isShown: Bool
    switch member.value {
    case .null: return member
    case .array, .object:
      if entered.contains(member.key) { return Value.Member(member.key, redacted(member.value)) }
      isShown = false
    default: isShown = shown.contains(member.key)
    }
    return isShown ? member : Value.Member(member.key, .string(Secret.redactedText))
  }
}
