package import Model
internal import Postgres

/// Something that Stripe told and that could not be done yet, as its row says.
package struct DeadLetter: Sendable, Hashable {
  package let id: Int64
  package let event: String
  package let type: String
  /// Id of the session, charge or dispute; empty where it could not be read.
  package let subject: String
  package let account: String?
  /// As `Refusal.Reason` writes it.
  package let reason: String
  package let message: String
  /// The event's bytes; nil once the buyer's data was erased.
  package let payload: [UInt8]?
  package let receivedAt: Timestamp
  package let attempts: Int64
  package let resolvedAt: Timestamp?
  package let resolution: String?

  static let columns = """
    id, event, type, subject, account, reason, message, payload, received_at, attempts, resolved_at, resolution
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.int(0)
    (event, type, subject) = (try row.text(1), try row.text(2), try row.text(3))
    account = try row.optionalText(4)
    (reason, message) = (try row.text(5), try row.text(6))
    payload = try row.optionalBytes(7)
    (receivedAt, attempts) = (try row.timestamp(8), try row.int(9))
    (resolvedAt, resolution) = (try row.optionalTimestamp(10), try row.optionalText(11))
  }

  /// What Stripe sent, without what it says of persons; nil where it is no JSON or was erased.
  package var shownPayload: Value? {
    guard let payload, let value = try? Value(json: payload) else { return nil }
    return DeadLetter.impersonal(value)
  }

  /// Members of Stripe's objects that hold names, addresses, cards and free text of the buyer, at any depth.
  private static let personal: Set<String> = [
    "billing_details", "custom_fields", "customer", "customer_account", "customer_details", "customer_email",
    "customer_name", "customer_purchase_ip", "collected_information", "email", "email_address", "evidence",
    "ip_address", "name", "payment_method_details", "phone", "receipt_email", "receipt_url", "shipping",
    "shipping_address", "shipping_details", "source", "address", "billing_address", "description", "last4",
    "fingerprint", "card", "owner", "tax_ids",
  ]

  private static func impersonal(_ value: Value) -> Value {
    switch value {
    case .array(let elements): .array(elements.map(impersonal))
    case .object(let members):
      .object(
        members.map { member in
          guard personal.contains(member.key), member.value != .null else {
            return Value.Member(member.key, impersonal(member.value))
          }
          return Value.Member(member.key, .string(Secret.redactedText))
        })
    default: value
    }
  }
}
