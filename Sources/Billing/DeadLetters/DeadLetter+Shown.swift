package import Model

extension DeadLetter {
  /// What Stripe sent, with the values of members that are about the payment alone; nil where it is no JSON or was removed.
  /// All else (names, addresses, cards, references and metadata that the session's maker chose) is there as redacted.
  package var shownPayload: Value? {
    guard let payload, let value = try? Value(json: payload) else { return nil }
    return DeadLetter.impersonal(value)
  }

  /// Members of Stripe's objects that its documents describe as ids, amounts, moments, flags or fixed words.
  private static let shown: Set<String> = [
    "active", "amount", "amount_captured", "amount_discount", "amount_refunded", "amount_subtotal",
    "amount_tax",
    "amount_total", "api_version", "captured", "charge", "created", "currency", "disputed", "has_more", "id",
    "livemode",
    "mode", "object", "paid", "payment_intent", "payment_status", "price", "quantity", "reason", "refunded",
    "status", "type",
    "unit_amount",
  ]
  /// Members that hold such objects.
  private static let entered: Set<String> = [
    "data", "line_items", "object", "payment_intent", "charge", "price", "refunds",
  ]

  private static func impersonal(_ value: Value) -> Value {
    switch value {
    case .array(let elements): .array(elements.map(impersonal))
    case .object(let members): .object(members.map(impersonal))
    // Elements of lists that are no objects.
    case .null: .null
    default: .string(Secret.redactedText)
    }
  }

  private static func impersonal(_ member: Value.Member) -> Value.Member {
    let isShown: Bool
    switch member.value {
    case .null: return member
    case .array, .object:
      if entered.contains(member.key) { return Value.Member(member.key, impersonal(member.value)) }
      isShown = false
    default: isShown = shown.contains(member.key)
    }
    return isShown ? member : Value.Member(member.key, .string(Secret.redactedText))
  }
}
