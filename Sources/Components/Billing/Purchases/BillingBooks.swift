package import Model
package import Postgres
package import StripeAPI

/// Does what Stripe tells, each event once, in the database that holds prices and credits.
///
/// An event is one transaction: that it was taken, the purchase, the credits' move and the dead letters that it settles
/// are there together or not at all. Whatever order events come in, credits end where they belong: what is taken back of
/// a purchase follows from all that Stripe told of it (`Reversal`).
package struct BillingBooks: Sendable {
  /// Asks Stripe for a session's line items.
  package typealias LineItems = @Sendable (_ session: String) async -> Result<[StripeLineItem], StripeError>

  let pool: PostgresPool
  let environmentPrices: EnvironmentPrices
  /// Whether events are about real money.
  private(set) var isLive: Bool
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

  /// The same for events of this one's mode.
  func inMode(of received: ReceivedEvent) -> BillingBooks {
    var books = self
    if case .success(let event) = received.content { books.isLive = event.isLive }
    return books
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
      let items = known.isCredited ? nil : await items(of: received)
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
      try await books.letters.resolve(received, as: done.word)
      outcome = done
    case .failure(let refusal):
      try await books.letters.keep(received, refusal)
      outcome = .kept(refusal)
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
      "INSERT INTO billing_events (id, type, outcome) VALUES ($1, $2, 'kept') ON CONFLICT (id) DO NOTHING",
      [.text(received.id), .text(received.type)])
    guard inserted.affected == 0 else { return true }
    let row = try await transaction.query(
      "SELECT outcome FROM billing_events WHERE id = $1 FOR UPDATE", [.text(received.id)]
    ).only()
    return try row.text(0) == "kept"
  }

  /// What is known of an event and its session, without waiting for anybody.
  private func standing(of received: ReceivedEvent) async throws(PostgresError) -> (
    isDone: Bool, isCredited: Bool
  ) {
    let row = try await pool.query(
      """
      SELECT EXISTS (SELECT 1 FROM billing_events WHERE id = $1 AND outcome <> 'kept'),
        EXISTS (SELECT 1 FROM billing_purchases WHERE session = $2)
      """, [.text(received.id), .text(received.subject)]
    ).only()
    return (try row.bool(0), try row.bool(1))
  }

  // MARK: Line items

  enum Items: Sendable {
    case known([StripeLineItem])
    case refused(Refusal)
    case unavailable(BackendError)
  }

  /// Nil where none are needed.
  private func items(of received: ReceivedEvent) async -> Items? {
    guard case .success(let event) = received.content, event.isLive == isLive,
      case .checkoutSession(let session) = event.object,
      event.type != "checkout.session.async_payment_failed",
      session.paymentStatus != .unpaid
    else { return nil }
    if let list = session.lineItems, !list.hasMore { return .known(list.elements) }
    guard let lineItems else {
      return .refused(
        Refusal(
          .itemsUnavailable,
          "what \(session.id) bought is not known without a key of Stripe's API; set one, then replay"))
    }
    switch await lineItems(session.id) {
    case .success(let items): return .known(items)
    case .failure(let error) where error.retry == .later: return .unavailable(error.backendError)
    case .failure(let error): return .refused(Refusal(.itemsUnavailable, error.description))
    }
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
