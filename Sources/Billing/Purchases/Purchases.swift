internal import Model
internal import Postgres
internal import StripeAPI

/// A checkout session that was credited, as its row says. Credits are micro-credits.
struct Purchase: Sendable, Hashable {
  let session: String
  let account: String
  let credits: Int64
  let reversed: Int64
  let moves: Int64
  let currency: String
  let amount: Int64
  let paymentIntent: String?

  init(_ order: CheckoutOrder, of session: StripeCheckoutSession) {
    self.session = session.id
    account = order.account
    credits = order.credits.micro
    (reversed, moves) = (0, 0)
    currency = session.currency ?? ""
    amount = session.amountTotal ?? 0
    paymentIntent = session.paymentIntent
  }

  init(_ row: Row) throws(PostgresError) {
    session = try row.text(0)
    account = try row.text(1)
    (credits, reversed, moves) = (try row.int(2), try row.int(3), try row.int(4))
    (currency, amount) = (try row.text(5), try row.int(6))
    paymentIntent = try row.optionalText(7)
  }
}

/// Statements about purchases and what was given back of them, within a transaction.
enum Purchases {
  private static let columns = """
    session, account, credits_micro, reversed_micro, moves, currency, amount, payment_intent
    """

  /// Whoever works on the same payment, or session without one, waits until the transaction ends.
  static func lock(_ subject: String, in transaction: PostgresTransaction) async throws(PostgresError) {
    try await transaction.query(
      "SELECT pg_advisory_xact_lock(hashtextextended('billing/' || $1::text, 0))", [.text(subject)])
  }

  static func of(
    session: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Purchase? {
    let rows = try await transaction.query(
      "SELECT \(columns) FROM billing_purchases WHERE session = $1 FOR UPDATE", [.text(session)])
    guard let row = rows.first else { return nil }
    return try Purchase(row)
  }

  static func of(
    payment: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Purchase? {
    let rows = try await transaction.query(
      """
      SELECT \(columns) FROM billing_purchases WHERE payment_intent = $1 ORDER BY recorded_at, session LIMIT 1
      FOR UPDATE
      """, [.text(payment)])
    guard let row = rows.first else { return nil }
    return try Purchase(row)
  }

  static func record(
    _ purchase: Purchase, _ lines: [CheckoutOrder.Line], isLive: Bool, created: Timestamp,
    in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    let list = Value.array(
      lines.map {
        .members([
          "price": .string($0.price), "quantity": .integer($0.quantity),
          "creditsMicro": .integer($0.credits.micro),
        ])
      })
    try await transaction.query(
      """
      INSERT INTO billing_purchases (
        session, account, lines, credits_micro, currency, amount, payment_intent, is_live, session_created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      """,
      [
        .text(purchase.session), .text(purchase.account), .json(list), .int(purchase.credits),
        .text(purchase.currency), .int(purchase.amount), .optional(purchase.paymentIntent, SQLValue.text),
        .bool(isLive), .timestamp(created),
      ])
  }

  /// - Parameter credits: positive when they were taken back, negative when they were given back again.
  static func move(
    _ credits: Int64, of purchase: Purchase, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(
      "UPDATE billing_purchases SET reversed_micro = reversed_micro + $2, moves = moves + 1 WHERE session = $1",
      [.text(purchase.session), .int(credits)])
  }

  /// Refunds only grow; of what was told about a dispute the end counts, else the newest.
  static func record(
    _ reversal: Reversal, of payment: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(
      """
      INSERT INTO billing_reversals AS r (id, payment_intent, currency, amount, state, told_at)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (id) DO UPDATE
      SET amount = excluded.amount, state = excluded.state, told_at = excluded.told_at, recorded_at = now()
      WHERE CASE WHEN excluded.state = 'refunded' THEN excluded.amount > r.amount ELSE
        (excluded.state IN ('lost', 'won'), excluded.told_at, excluded.state COLLATE "C", excluded.amount)
        > (r.state IN ('lost', 'won'), r.told_at, r.state COLLATE "C", r.amount) END
      """,
      [
        .text(reversal.id), .text(payment), .text(reversal.currency), .int(reversal.amount),
        .text(reversal.state.rawValue), .timestamp(reversal.toldAt),
      ])
  }

  /// What was refunded of a payment, whether or not it gave credits.
  static func refunded(
    of payment: String, in currency: String, _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    try await transaction.query(
      """
      SELECT least(coalesce(sum(amount), 0), 9000000000000000000)::bigint FROM billing_reversals
      WHERE payment_intent = $1 AND currency = $2 AND state = 'refunded'
      """, [.text(payment), .text(currency)]
    ).only().int(0)
  }

  /// What the buyer has back of the price.
  static func returned(
    of purchase: Purchase, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    guard let payment = purchase.paymentIntent else { return 0 }
    return try await transaction.query(
      """
      SELECT least(coalesce(sum(amount), 0), 9000000000000000000)::bigint FROM billing_reversals
      WHERE payment_intent = $1 AND currency = $2 AND state IN ('refunded', 'disputed', 'lost')
      """, [.text(payment), .text(purchase.currency)]
    ).only().int(0)
  }
}
