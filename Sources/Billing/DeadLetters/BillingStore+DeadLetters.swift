internal import Model
package import Postgres

/// Operations on dead letters.
extension BillingStore {
  /// Open dead letters, oldest first.
  package func deadLetters(limit: Int = 1000) async throws(PostgresError) -> [DeadLetter] {
    let rows = try await pool.query(
      """
      SELECT \(DeadLetter.columns) FROM billing_dead_letters
      WHERE resolved_at IS NULL ORDER BY id LIMIT $1::bigint
      """, [.int(Int64(limit))])
    var deadLetters: [DeadLetter] = []
    for row in rows { deadLetters.append(try DeadLetter(row)) }
    return deadLetters
  }

  /// Nil: there is no dead letter of this number.
  package func deadLetter(_ id: Int64) async throws(PostgresError) -> DeadLetter? {
    let rows = try await pool.query(
      "SELECT \(DeadLetter.columns) FROM billing_dead_letters WHERE id = $1", [.int(id)])
    guard let row = rows.first else { return nil }
    return try DeadLetter(row)
  }

  /// The number of open dead letters by reason.
  package func openDeadLetterCounts() async throws(PostgresError) -> [String: Int64] {
    let rows = try await pool.query(
      """
      SELECT reason, count(*) AS open FROM billing_dead_letters WHERE resolved_at IS NULL GROUP BY reason
      """)
    var counts: [String: Int64] = [:]
    for row in rows { counts[try row.text("reason")] = try row.int("open") }
    return counts
  }

  package enum Replay: Sendable, Hashable {
    /// There is no dead letter of this number.
    case unknown
    /// It was resolved before, with this resolution.
    case settled(String)
    /// The event was removed with the buyer's data.
    case erased
    case tried(BillingOutcome)
  }

  /// Processes the event of a dead letter again, with the current prices and accounts. The store's mode must
  /// be the recorded one. May be repeated.
  package func replay(_ id: Int64) async -> Replay {
    do throws(PostgresError) {
      guard let deadLetter = try await deadLetter(id) else { return .unknown }
      if deadLetter.resolvedAt != nil { return .settled(deadLetter.resolution ?? "") }
      if let error = try await refusalOfReplay() { return .tried(.unavailable(error)) }
      guard deadLetter.reason != Refusal.Reason.notCovered.rawValue else {
        return .tried(try await settleAgain(deadLetter))
      }
      guard let payload = deadLetter.payload else { return .erased }
      let outcome = await process(ReceivedEvent(payload: payload), on: .replay)
      // The event was processed meanwhile by another delivery.
      if outcome == .repeated { try await settle(deadLetter) }
      return .tried(outcome)
    } catch {
      return .tried(.unavailable(error.backendError))
    }
  }

  private func settle(_ deadLetter: DeadLetter) async throws(PostgresError) {
    try await pool.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = 'done before'
      WHERE id = $1 AND resolved_at IS NULL
      """, [.int(deadLetter.id)])
  }

  private func settleAgain(_ deadLetter: DeadLetter) async throws(PostgresError) -> BillingOutcome {
    try await pool.transaction { transaction throws(PostgresError) in
      let rows = try await transaction.query(
        "SELECT coalesce(payment_intent, session) AS subject FROM billing_purchases WHERE session = $1",
        [.text(deadLetter.subject)])
      guard let row = rows.first else { return .noted }
      try await Purchases.lock(try row.text("subject"), in: transaction)
      guard let purchase = try await Purchases.of(session: deadLetter.subject, in: transaction) else {
        return .noted
      }
      let received = ReceivedEvent(payload: deadLetter.payload ?? [])
      let event = BillingTransaction(store: self, transaction: transaction, received: received)
      return try await event.settle(purchase)
    }
  }
}
