internal import Model
internal import Postgres
internal import StripeAPI

/// Keeps and settles dead letters, within the transaction of the event. What is settled keeps no bytes of Stripe's.
struct DeadLetters {
  private let transaction: PostgresTransaction

  init(_ transaction: PostgresTransaction) { self.transaction = transaction }

  /// One open letter for each event: trying again in vain is another attempt of the same letter. What is not covered has
  /// letters of its own.
  func keep(_ received: ReceivedEvent, _ refusal: Refusal) async throws(PostgresError) {
    let known = try await transaction.query(
      """
      UPDATE billing_dead_letters SET reason = $2, message = $3, attempts = attempts + 1, tried_at = now()
      WHERE event = $1 AND resolved_at IS NULL AND reason <> 'not_covered'
      """, [.text(received.id), .text(refusal.reason.rawValue), .text(refusal.message)])
    guard known.affected == 0 else { return }
    try await insert(received, refusal, subject: received.subject, received.paymentIntent, received.account)
  }

  /// What the event and all others about the same session, charge or dispute waited for is done.
  func resolve(_ received: ReceivedEvent, as word: String) async throws(PostgresError) {
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $3
      WHERE resolved_at IS NULL AND reason <> 'not_covered' AND (event = $1 OR subject = nullif($2, ''))
      """, [.text(received.id), .text(received.subject), .text("\(received.type): \(word)")])
  }

  /// What had come before its purchase counts now, where it is in the purchase's currency.
  func resolveReversals(of purchase: Purchase) async throws(PostgresError) {
    guard let payment = purchase.paymentIntent else { return }
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $3
      WHERE resolved_at IS NULL AND reason = 'unknown_purchase' AND payment_intent = $1
        AND subject IN (SELECT id FROM billing_reversals WHERE payment_intent = $1 AND currency = $2)
      """, [.text(payment), .text(purchase.currency), .text("\(purchase.session) is recorded: reversed")])
    try await transaction.query(
      """
      UPDATE billing_dead_letters SET reason = 'wrong_currency', message = $2
      WHERE resolved_at IS NULL AND reason = 'unknown_purchase' AND payment_intent = $1
      """, [.text(payment), .text("\(purchase.session) was paid in \(purchase.currency), and this is not")])
  }

  /// Where a payment's session gave nothing and all that it cost was refunded, nothing is open about it any more.
  /// - Returns: whether that is so.
  func resolveRefunded(_ received: ReceivedEvent) async throws(PostgresError) -> Bool {
    guard let payment = received.paymentIntent else { return false }
    let kept = try await transaction.query(
      """
      SELECT payload FROM billing_dead_letters
      WHERE payment_intent = $1 AND resolved_at IS NULL AND payload IS NOT NULL AND reason <> 'wrong_mode'
        AND starts_with(type, 'checkout.session.')
      """, [.text(payment)])
    for row in kept {
      let content = ReceivedEvent(payload: try row.optionalBytes(0) ?? []).content
      guard case .success(let event) = content, case .checkoutSession(let session) = event.object,
        let amount = session.amountTotal, amount > 0, let currency = session.currency
      else { continue }
      let refunded = try await Purchases.refunded(of: payment, in: currency, transaction)
      guard refunded >= amount else { continue }
      try await transaction.query(
        """
        UPDATE billing_dead_letters
        SET resolved_at = now(), payload = NULL, resolution = 'gave nothing, and all of it was refunded'
        WHERE resolved_at IS NULL AND payment_intent = $1 AND reason <> 'wrong_mode'
        """, [.text(payment)])
      return true
    }
    return false
  }

  // MARK: What is not covered

  /// One open letter for each purchase.
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
      UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = 'all that was due is taken back'
      WHERE subject = $1 AND resolved_at IS NULL AND reason = 'not_covered'
      """, [.text(purchase.session)])
  }

  private func insert(
    _ received: ReceivedEvent, _ refusal: Refusal, subject: String, _ payment: String?, _ account: String?
  ) async throws(PostgresError) {
    try await transaction.query(
      """
      INSERT INTO billing_dead_letters (event, type, subject, payment_intent, account, reason, message, payload)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text(received.id), .text(received.type), .text(subject), .optional(payment, SQLValue.text),
        .optional(account, SQLValue.text), .text(refusal.reason.rawValue), .text(refusal.message),
        .bytes(received.payload),
      ])
  }
}
