package import Model
internal import Postgres

/// An event of Stripe that could not be processed.
package struct DeadLetter: Sendable, Hashable {
  package let id: Int64
  package let event: String
  package let type: String
  /// The id of the session, charge or dispute; empty if the event could not be read.
  package let subject: String
  package let account: String?
  /// The raw value of a `Refusal.Reason`.
  package let reason: String
  package let message: String
  /// The event's bytes; nil after the dead letter was resolved or the buyer's data erased.
  package let payload: [UInt8]?
  package let receivedAt: Timestamp
  package let attempts: Int64
  package let resolvedAt: Timestamp?
  package let resolution: String?

  static let columns = """
    id, event, type, subject, account, reason, message, payload, received_at, attempts, resolved_at,
    resolution
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.int("id")
    (event, type, subject) = (try row.text("event"), try row.text("type"), try row.text("subject"))
    account = try row.optionalText("account")
    (reason, message) = (try row.text("reason"), try row.text("message"))
    payload = try row.optionalBytes("payload")
    (receivedAt, attempts) = (try row.timestamp("received_at"), try row.int("attempts"))
    (resolvedAt, resolution) = (try row.optionalTimestamp("resolved_at"), try row.optionalText("resolution"))
  }
}
