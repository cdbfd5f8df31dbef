internal import Model
internal import Postgres
internal import StripeAPI

/// A credited checkout session, as a row of `billing_purchases`. Credits are micro-credits.
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
    (session, account) = (try row.text("session"), try row.text("account"))
    (credits, reversed) = (try row.int("credits_micro"), try row.int("reversed_micro"))
    moves = try row.int("moves")
    (currency, amount) = (try row.text("currency"), try row.int("amount"))
    paymentIntent = try row.optionalText("payment_intent")
  }
}

/// Statements about purchases and their reversals, within a transaction.
enum Purchases {
  private static let columns = """
    session, account, credits_micro, reversed_micro, moves, currency, amount, payment_intent
    """

  /// Locks a payment, or a session without one, until the transaction ends.
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
      BillingSQL.insertPurchase,
      [
        .text(purchase.session), .text(purchase.account), .json(list), .int(purchase.credits),
        .text(purchase.currency), .int(purchase.amount), .optional(purchase.paymentIntent, SQLValue.text),
        .bool(isLive), .timestamp(created),
      ])
  }

  /// Records a movement of a purchase's credits.
  /// - Parameter credits: Positive for a reversal, negative for a reinstatement.
  static func move(
    _ credits: Int64, of purchase: Purchase, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(
      """
      UPDATE billing_purchases SET reversed_micro = reversed_micro + $2, moves = moves + 1
      WHERE session = $1
      """,
      [.text(purchase.session), .int(credits)])
  }

  /// Records all refunds of a charge, or a dispute, whatever the order of events.
  static func record(
    _ reversal: Reversal, of payment: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(
      BillingSQL.recordReversal,
      [
        .text(reversal.id), .text(payment), .text(reversal.currency), .int(reversal.amount),
        .text(reversal.state.rawValue), .timestamp(reversal.reportedAt),
      ])
  }

  /// The refunded amount of a payment, whether or not it was credited.
  static func refunded(
    of payment: String, in currency: String, _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    try await sum([.refunded], of: payment, in: currency, transaction)
  }

  /// The amount that the buyer has back, by refunds and disputes.
  static func returned(
    of purchase: Purchase, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    guard let payment = purchase.paymentIntent else { return 0 }
    return try await sum(
      Reversal.State.allCases.filter(\.counts), of: payment, in: purchase.currency, transaction)
  }

  private static func sum(
    _ states: [Reversal.State], of payment: String, in currency: String, _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    try await transaction.query(
      """
      SELECT least(coalesce(sum(amount), 0), 9000000000000000000)::bigint AS amount FROM billing_reversals
      WHERE payment_intent = $1 AND currency = $2 AND state = ANY ($3)
      """, [.text(payment), .text(currency), .textArray(states.map(\.rawValue))]
    ).only().int("amount")
  }
}
