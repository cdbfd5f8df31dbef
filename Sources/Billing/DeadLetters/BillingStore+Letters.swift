internal import Model
package import Postgres

/// What operators do with dead letters.
extension BillingStore {
  /// Open letters, oldest first.
  package func letters(limit: Int = 1000) async throws(PostgresError) -> [DeadLetter] {
    let rows = try await pool.query(
      """
      SELECT \(DeadLetter.columns) FROM billing_dead_letters WHERE resolved_at IS NULL ORDER BY id LIMIT $1::bigint
      """, [.int(Int64(limit))])
    var letters: [DeadLetter] = []
    for row in rows { letters.append(try DeadLetter(row)) }
    return letters
  }

  /// Nil: there is no letter of this number.
  package func letter(_ id: Int64) async throws(PostgresError) -> DeadLetter? {
    let rows = try await pool.query(
      "SELECT \(DeadLetter.columns) FROM billing_dead_letters WHERE id = $1", [.int(id)])
    guard let row = rows.first else { return nil }
    return try DeadLetter(row)
  }

  /// How many letters are open, by reason.
  package func openLetters() async throws(PostgresError) -> [String: Int64] {
    let rows = try await pool.query(
      "SELECT reason, count(*) FROM billing_dead_letters WHERE resolved_at IS NULL GROUP BY reason")
    var counts: [String: Int64] = [:]
    for row in rows { counts[try row.text(0)] = try row.int(1) }
    return counts
  }

  package enum Replay: Sendable, Hashable {
    case unknownLetter
    /// It was settled before, in this way.
    case settled(String)
    /// Its bytes were removed with the buyer's data.
    case erased
    case tried(BillingOutcome)
  }

  /// Tries again what a letter is about, with the prices and accounts as they are now, in the mode that the books are
  /// for. May be repeated.
  package func replay(_ id: Int64) async -> Replay {
    do throws(PostgresError) {
      guard let letter = try await letter(id) else { return .unknownLetter }
      if letter.resolvedAt != nil { return .settled(letter.resolution ?? "") }
      if let error = try await refusalOfReplay() { return .tried(.unavailable(error)) }
      guard letter.reason != Refusal.Reason.notCovered.rawValue else {
        return .tried(try await settleAgain(letter))
      }
      guard let payload = letter.payload else { return .erased }
      let outcome = await take(ReceivedEvent(payload: payload), on: .replay)
      // Done meanwhile by another way: what it asks for is there.
      if outcome == .repeated { try await settle(letter) }
      return .tried(outcome)
    } catch {
      return .tried(.unavailable(error.backendError))
    }
  }

  private func settle(_ letter: DeadLetter) async throws(PostgresError) {
    try await pool.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = 'done before'
      WHERE id = $1 AND resolved_at IS NULL
      """, [.int(letter.id)])
  }

  private func settleAgain(_ letter: DeadLetter) async throws(PostgresError) -> BillingOutcome {
    try await pool.transaction { transaction throws(PostgresError) in
      let rows = try await transaction.query(
        "SELECT coalesce(payment_intent, session) FROM billing_purchases WHERE session = $1",
        [.text(letter.subject)])
      guard let row = rows.first else { return .noted }
      try await Purchases.lock(try row.text(0), in: transaction)
      guard let purchase = try await Purchases.of(session: letter.subject, in: transaction) else {
        return .noted
      }
      let received = ReceivedEvent(payload: letter.payload ?? [])
      let books = BillingTransaction(books: self, transaction: transaction, received: received)
      return try await books.settle(purchase)
    }
  }
}
