internal import Ledger
package import Model
package import Postgres
package import StripeAPI

/// Does what Stripe tells, each event once, in the database that holds prices and credits.
///
/// An event is one transaction: that it was taken, the purchase, the credits' move and the dead letters that it settles
/// are there together or not at all. Whatever order events come in, credits end where they belong: what is taken back of
/// a purchase follows from all that Stripe told of it (`Reversal`).
package struct BillingStore: Sendable {
  /// Asks Stripe for a session's line items.
  package typealias LineItems = @Sendable (_ session: String) async -> Result<[StripeLineItem], StripeError>

  let pool: PostgresPool
  let environmentPrices: EnvironmentPrices
  /// Whether events are about real money.
  let isLive: Bool
  let lineItems: LineItems?
  let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - isLive: events of the other mode are kept and do nothing.
  ///   - lineItems: nil without a key of Stripe's API.
  package init(
    _ pool: PostgresPool, environmentPrices: EnvironmentPrices = .none, isLive: Bool, lineItems: LineItems?,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.pool = pool
    self.environmentPrices = environmentPrices
    self.isLive = isLive
    self.lineItems = lineItems
    self.now = now
  }

  /// Why an event is taken.
  enum Occasion: Sendable, Hashable {
    case delivery
    /// An operator asks for it: prices count that were recorded after the session was made.
    case replay
  }

  /// May be repeated at will, also at once.
  package func take(_ received: ReceivedEvent) async -> BillingOutcome { await take(received, on: .delivery) }

  func take(_ received: ReceivedEvent, on occasion: Occasion) async -> BillingOutcome {
    if case .success(let event) = received.content, case .other = event.object { return .ignored }
    do throws(PostgresError) {
      let known = try await standing(of: received)
      if known.isDone { return .repeated }
      if let error = try await refusalOfMode(known.isLive, for: received) { return .unavailable(error) }
      let asks = !known.isCredited && needsItems(received)
      guard !asks || known.hasLedger else { return .unavailable(BillingStore.noLedger) }
      let items = asks ? await items(of: received) : nil
      if case .unavailable(let error)? = items { return .unavailable(error) }
      return try await pool.transaction { transaction throws(PostgresError) in
        try await take(received, items, on: occasion, in: transaction)
      }
    } catch {
      guard error.isAboutValues else { return .unavailable(error.backendError) }
      return await keep(received, because: error)
    }
  }

  private func take(
    _ received: ReceivedEvent, _ items: Items?, on occasion: Occasion, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> BillingOutcome {
    guard try await claim(received, in: transaction) else { return .repeated }
    let books = BillingTransaction(books: self, transaction: transaction, received: received)
    let outcome: BillingOutcome
    switch try await books.carryOut(items, on: occasion) {
    case .success(let done):
      // What is lacking of it has a letter of its own.
      if case .kept = done {
        try await books.letters.resolve(received, as: "recorded")
      } else {
        try await books.letters.resolve(received, as: done.word)
      }
      outcome = done
    case .failure(let refusal):
      try await books.letters.keep(received, refusal)
      let isOver = refusal.reason == .wrongMode ? false : try await books.letters.resolveRefunded(received)
      outcome = isOver ? .noted : .kept(refusal)
    }
    try await transaction.query(
      "UPDATE billing_events SET outcome = $2 WHERE id = $1", [.text(received.id), .text(outcome.word)])
    return outcome
  }

  /// True for whoever is to do it: nobody else does until the transaction ends.
  private func claim(
    _ received: ReceivedEvent, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Bool {
    let inserted = try await transaction.query(
      """
      INSERT INTO billing_events (id, type, outcome, failed_session) VALUES ($1, $2, 'kept', $3)
      ON CONFLICT (id) DO NOTHING
      """, [.text(received.id), .text(received.type), .optional(received.failedSession, SQLValue.text)])
    guard inserted.affected == 0 else { return true }
    let row = try await transaction.query(
      "SELECT outcome FROM billing_events WHERE id = $1 FOR UPDATE", [.text(received.id)]
    ).only()
    return try row.text(0) == "kept"
  }

  private struct Standing {
    let isDone: Bool
    let isCredited: Bool
    let hasLedger: Bool
    /// The mode that the books are for; nil until it is recorded.
    let isLive: Bool?
  }

  /// What is known of an event and its session, and of the books, without waiting for anybody.
  private func standing(of received: ReceivedEvent) async throws(PostgresError) -> Standing {
    let row = try await pool.query(
      """
      SELECT EXISTS (SELECT 1 FROM billing_events WHERE id = $1 AND outcome <> 'kept'),
        EXISTS (SELECT 1 FROM billing_purchases WHERE session = $2),
        \(LedgerStore.isOwnedExpression), (SELECT is_live FROM billing_mode)
      """, [.text(received.id), .text(received.subject)]
    ).only()
    return Standing(
      isDone: try row.bool(0), isCredited: try row.bool(1), hasLedger: try row.bool(2),
      isLive: try row.optionalBool(3))
  }

  /// Where the database takes no value like these, waiting does not help.
  private func keep(_ received: ReceivedEvent, because error: PostgresError) async -> BillingOutcome {
    let refusal = Refusal(.databaseRefused, error.description)
    do throws(PostgresError) {
      return try await pool.transaction { transaction throws(PostgresError) in
        guard try await claim(received, in: transaction) else { return .repeated }
        try await DeadLetters(transaction).keep(received, refusal)
        return .kept(refusal)
      }
    } catch {
      return .unavailable(error.backendError)
    }
  }
}

extension PostgresError {
  /// Classes 22 and 23 of SQLSTATE: data exceptions and broken constraints, but for what a race brings about.
  fileprivate var isAboutValues: Bool {
    guard let sqlState, code != .duplicate else { return false }
    return sqlState.hasPrefix("22") || sqlState.hasPrefix("23")
  }
}
