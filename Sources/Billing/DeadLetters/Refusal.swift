package import Model

/// Why an event of Stripe's could not be processed. The event is kept as a dead letter.
package enum RefusalReason: String, ProblemCode, CaseIterable {
  /// The payment is not completed; resolved when Stripe reports that it is.
  case unpaid
  case unknownPrice = "unknown_price"
  case wrongCurrency = "wrong_currency"
  /// The session names no account that can be credited.
  case noAccount = "no_account"
  /// The session's line items give no credits that can be counted.
  case unusableItems = "unusable_items"
  /// A session of another mode than `payment`, or one with a cost and no payment.
  case unsupportedSession = "unsupported_session"
  /// The line items are not in the event and cannot be read from Stripe.
  case itemsUnavailable = "items_unavailable"
  /// A test event for a live store, or the reverse.
  case wrongMode = "wrong_mode"
  /// Signed by Stripe, but not in a documented form.
  case malformedEvent = "malformed_event"
  /// A refund or dispute of a payment without a purchase; resolved when the purchase is recorded.
  case unknownPurchase = "unknown_purchase"
  /// The account has spent the credits to reverse; a replay reverses what is available then.
  case notCovered = "not_covered"
  case ledgerRefused = "ledger_refused"
  /// The database rejects the values of the event.
  case databaseRefused = "database_refused"

  package static let domain = "billing"
}

/// Why an event of Stripe's could not be processed. The message describes the problem and its solution, and
/// contains no personal data except ids.
package typealias Refusal = Problem<RefusalReason>

extension Refusal {
  package typealias Reason = RefusalReason

  package var reason: Reason { code }
}
