internal import Model
package import Postgres

/// Letters that an operator has dealt with elsewhere, or that are about somebody who is to be forgotten.
extension BillingStore {
  package enum Dismissal: Sendable, Hashable {
    case unknownLetter
    /// It was settled before, in this way.
    case settled(String)
    case dismissed
  }

  /// Settles an open letter: who did it and why is recorded, what Stripe sent is removed, nothing else changes. News about
  /// the same purchase may open another.
  /// - Parameters:
  ///   - person: who says so.
  ///   - reason: stands in the letter for ever; no personal data.
  package func dismiss(
    _ id: Int64, by person: String, because reason: String
  ) async throws(PostgresError) -> Dismissal {
    let done = try await pool.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $2
      WHERE id = $1 AND resolved_at IS NULL
      """, [.int(id), .text("dismissed by \(person): \(reason)")])
    guard done.affected == 0 else { return .dismissed }
    guard let letter = try await letter(id) else { return .unknownLetter }
    return .settled(letter.resolution ?? "")
  }

  /// As `BillingErasure.eraseLetters`.
  package func eraseLetters(of account: String) async throws(PostgresError) -> Int? {
    try await BillingErasure.eraseLetters(of: account, in: pool)
  }
}
