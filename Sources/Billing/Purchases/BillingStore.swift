internal import Ledger
package import Model
package import Postgres
package import StripeAPI

/// Processes Stripe's events, each once, in the database of prices and credits.
///
/// An event is one transaction, which records the event and the purchase, moves the credits and resolves
/// dead letters. The final balances do not depend on the order of events: the credits to reverse of a
/// purchase follow from all that Stripe has reported about it (`Reversal`).
package struct BillingStore: Sendable {
  /// Reads a session's line items from Stripe.
  package typealias LineItems = @Sendable (_ session: String) async -> Result<[StripeLineItem], StripeError>

  let pool: PostgresPool
  let environmentPrices: EnvironmentPrices
  /// Whether events are about real money.
  let isLive: Bool
  let lineItems: LineItems?
  let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - isLive: The mode. Events of the other mode become dead letters.
  ///   - lineItems: Nil without a key of Stripe's API.
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

  /// Why an event is processed.
  enum Occasion: Sendable, Hashable {
    case delivery
    /// Requested by an operator; prices that were recorded after the session was created count, too.
    case replay
  }

  /// Processes an event. May be repeated, also concurrently.
  package func process(_ received: ReceivedEvent) async -> BillingOutcome {
    await process(received, on: .delivery)
  }

  func process(_ received: ReceivedEvent, on occasion: Occasion) async -> BillingOutcome {
    if case .success(let event) = received.content, case .other = event.object { return .ignored }
    do throws(PostgresError) {
      let status = try await status(of: received)
      if status.isDone { return .repeated }
      if let error = try await refusalOfMode(status.isLive, for: received) { return .unavailable(error) }
      let needsItems = !status.isCredited && needsItems(received)
      guard !needsItems || status.hasLedger else { return .unavailable(BillingStore.noLedger) }
      let items = needsItems ? await items(of: received) : nil
      if case .unavailable(let error)? = items { return .unavailable(error) }
      return try await pool.transaction { transaction throws(PostgresError) in
        try await process(received, items, on: occasion, in: transaction)
      }
    } catch {
      guard error.isAboutValues else { return .unavailable(error.backendError) }
      return await keep(received, because: error)
    }
  }

  private func process(
    _ received: ReceivedEvent, _ items: Items?, on occasion: Occasion, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> BillingOutcome {
    guard try await claim(received, in: transaction) else { return .repeated }
    let event = BillingTransaction(store: self, transaction: transaction, received: received)
    let outcome: BillingOutcome
    switch try await event.process(items, on: occasion) {
    case .success(let done):
      // A reversal that is not covered has a dead letter of its own.
      if case .kept = done {
        try await event.deadLetters.resolve(received, as: "recorded")
      } else {
        try await event.deadLetters.resolve(received, as: done.word)
      }
      outcome = done
    case .failure(let refusal):
      try await event.deadLetters.keep(received, refusal)
      let isRefunded =
        refusal.reason == .wrongMode ? false : try await event.deadLetters.resolveRefunded(received)
      outcome = isRefunded ? .noted : .kept(refusal)
    }
    try await transaction.query(
      "UPDATE billing_events SET outcome = $2 WHERE id = $1", [.text(received.id), .text(outcome.word)])
    return outcome
  }

  /// Records the event and locks it until the transaction ends. False if it was processed before.
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
    return try row.text("outcome") == "kept"
  }

  private struct EventStatus {
    let isDone: Bool
    let isCredited: Bool
    let hasLedger: Bool
    /// Whether the recorded mode is live; nil if none is recorded.
    let isLive: Bool?
  }

  /// Reads the status of an event without locks.
  private func status(of received: ReceivedEvent) async throws(PostgresError) -> EventStatus {
    let row = try await pool.query(
      BillingSQL.eventStatus, [.text(received.id), .text(received.subject)]
    ).only()
    return EventStatus(
      isDone: try row.bool("is_done"), isCredited: try row.bool("is_credited"),
      hasLedger: try row.bool("has_ledger"), isLive: try row.optionalBool("mode_is_live"))
  }

  /// Keeps an event whose values the database rejects; a retry would fail again.
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
  /// Whether the error is of SQLSTATE class 22 or 23, a data exception or violated constraint, except
  /// duplicate keys, which result from races.
  fileprivate var isAboutValues: Bool {
    guard let sqlState, code != .duplicate else { return false }
    return sqlState.hasPrefix("22") || sqlState.hasPrefix("23")
  }
}
