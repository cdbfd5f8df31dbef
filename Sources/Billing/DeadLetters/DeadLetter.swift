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
  /// The event's bytes; nil once it is settled, or the buyer's data was erased.
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
}
