internal import Model
package import Postgres

/// Dismissal and erasure of dead letters.
extension BillingStore {
  package enum Dismissal: Sendable, Hashable {
    /// There is no dead letter of this number.
    case unknown
    /// It was resolved before, with this resolution.
    case settled(String)
    case dismissed
  }

  /// Resolves an open dead letter without processing its event. Records the person and the reason and removes
  /// the event. A later event about the same purchase may open another dead letter.
  /// - Parameters:
  ///   - person: The operator who dismisses it.
  ///   - reason: Stays in the dead letter; must not contain personal data.
  package func dismiss(
    _ id: Int64, by person: String, because reason: String
  ) async throws(PostgresError) -> Dismissal {
    let done = try await pool.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $2
      WHERE id = $1 AND resolved_at IS NULL
      """, [.int(id), .text("dismissed by \(person): \(reason)")])
    guard done.affected == 0 else { return .dismissed }
    guard let deadLetter = try await deadLetter(id) else { return .unknown }
    return .settled(deadLetter.resolution ?? "")
  }

  /// Calls `BillingErasure.eraseDeadLetters`.
  package func eraseDeadLetters(of account: String) async throws(PostgresError) -> Int? {
    try await BillingErasure.eraseDeadLetters(of: account, in: pool)
  }
}
