internal import Model
internal import Postgres
internal import StripeAPI

/// Opens and resolves dead letters within the transaction of an event. A resolved dead letter has no payload.
struct DeadLetters {
  private let transaction: PostgresTransaction

  init(_ transaction: PostgresTransaction) { self.transaction = transaction }

  /// Opens the dead letter of an event, or counts another attempt of the open one. Reversals that are not
  /// covered have dead letters of their own.
  func keep(_ received: ReceivedEvent, _ refusal: Refusal) async throws(PostgresError) {
    let known = try await transaction.query(
      """
      UPDATE billing_dead_letters SET reason = $2, message = $3, attempts = attempts + 1, tried_at = now()
      WHERE event = $1 AND resolved_at IS NULL AND reason <> 'not_covered'
      """, [.text(received.id), .text(refusal.reason.rawValue), .text(refusal.message)])
    guard known.affected == 0 else { return }
    try await insert(received, refusal, subject: received.subject, received.paymentIntent, received.account)
  }

  /// Resolves the open dead letters of the event and of all others about the same session, charge or dispute.
  func resolve(_ received: ReceivedEvent, as word: String) async throws(PostgresError) {
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $3
      WHERE resolved_at IS NULL AND reason <> 'not_covered' AND (event = $1 OR subject = nullif($2, ''))
      """, [.text(received.id), .text(received.subject), .text("\(received.type): \(word)")])
  }

  /// Resolves the dead letters of reversals that arrived before their purchase. Those in another currency
  /// stay open.
  func resolveReversals(of purchase: Purchase) async throws(PostgresError) {
    guard let payment = purchase.paymentIntent else { return }
    try await transaction.query(
      BillingSQL.resolveReversals,
      [.text(payment), .text(purchase.currency), .text("\(purchase.session) is recorded: reversed")])
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET reason = 'wrong_currency', message = $2
      WHERE resolved_at IS NULL AND reason = 'unknown_purchase' AND payment_intent = $1
      """,
      [
        .text(payment),
        .text("\(purchase.session) was paid in \(purchase.currency), but this is in another currency"),
      ])
  }

  /// Resolves all dead letters of a payment whose session was not credited and whose amount was refunded in
  /// full.
  /// - Returns: Whether the payment is such.
  func resolveRefunded(_ received: ReceivedEvent) async throws(PostgresError) -> Bool {
    guard let payment = received.paymentIntent else { return false }
    let sessions = try await transaction.query(BillingSQL.unresolvedSessions, [.text(payment)])
    for row in sessions {
      let content = ReceivedEvent(payload: try row.optionalBytes("payload") ?? []).content
      guard case .success(let event) = content, case .checkoutSession(let session) = event.object,
        let amount = session.amountTotal, amount > 0, let currency = session.currency
      else { continue }
      let refunded = try await Purchases.refunded(of: payment, in: currency, transaction)
      guard refunded >= amount else { continue }
      try await transaction.query(
        """
        UPDATE billing_dead_letters
        SET resolved_at = now(), payload = NULL, resolution = 'not credited, and refunded in full'
        WHERE resolved_at IS NULL AND payment_intent = $1 AND reason <> 'wrong_mode'
        """, [.text(payment)])
      return true
    }
    return false
  }

  // MARK: Reversals that are not covered

  /// Opens the dead letter of a purchase, or counts another attempt of the open one.
  func keepOutstanding(
    _ purchase: Purchase, _ received: ReceivedEvent, _ refusal: Refusal
  ) async throws(PostgresError) {
    let known = try await transaction.query(
      """
      UPDATE billing_dead_letters SET message = $2, attempts = attempts + 1, tried_at = now()
      WHERE subject = $1 AND resolved_at IS NULL AND reason = 'not_covered'
      """, [.text(purchase.session), .text(refusal.message)])
    guard known.affected == 0 else { return }
    try await insert(received, refusal, subject: purchase.session, purchase.paymentIntent, purchase.account)
  }

  func resolveOutstanding(_ purchase: Purchase) async throws(PostgresError) {
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = 'reversed in full'
      WHERE subject = $1 AND resolved_at IS NULL AND reason = 'not_covered'
      """, [.text(purchase.session)])
  }

  private func insert(
    _ received: ReceivedEvent, _ refusal: Refusal, subject: String, _ payment: String?, _ account: String?
  ) async throws(PostgresError) {
    try await transaction.query(
      """
      INSERT INTO billing_dead_letters
        (event, type, subject, payment_intent, account, reason, message, payload)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text(received.id), .text(received.type), .text(subject), .optional(payment, SQLValue.text),
        .optional(account, SQLValue.text), .text(refusal.reason.rawValue), .text(refusal.message),
        .bytes(received.payload),
      ])
  }
}
