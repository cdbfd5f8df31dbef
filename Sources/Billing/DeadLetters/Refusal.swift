package import Model

/// Why an event of Stripe's could not be processed. The event is kept as a dead letter.
package enum RefusalReason: String, ProblemCode, CaseIterable {
  /// The money is still on its way; succeeds by itself when Stripe says that it came.
  case unpaid
  case unknownPrice = "unknown_price"
  case wrongCurrency = "wrong_currency"
  /// The session names no account that can be credited.
  case noAccount = "no_account"
  /// The session's line items give no credits that can be counted.
  case unusableItems = "unusable_items"
  /// A session of another mode than `payment`, or one that cost something and names no payment.
  case unsupportedSession = "unsupported_session"
  /// Stripe does not tell the line items, and will not by itself.
  case itemsUnavailable = "items_unavailable"
  /// A test event where money is real, or the other way round.
  case wrongMode = "wrong_mode"
  /// Signed by Stripe, but not as it describes its events.
  case malformedEvent = "malformed_event"
  /// A refund or dispute of a payment that credited nobody; done by itself once that is recorded.
  case unknownPurchase = "unknown_purchase"
  /// The account has spent what is to be taken back; a replay takes what is there then.
  case notCovered = "not_covered"
  case ledgerRefused = "ledger_refused"
  /// The database takes these values for none that can be.
  case databaseRefused = "database_refused"

  package static let domain = "billing"
}

/// Why an event of Stripe's could not be processed. The message says what is wrong and what to do, and holds no personal
/// data but ids.
package typealias Refusal = Problem<RefusalReason>

extension Refusal {
  package typealias Reason = RefusalReason

  package var reason: Reason { code }
}
