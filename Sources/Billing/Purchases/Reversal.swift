internal import Model
internal import StripeAPI

/// All refunds of a charge, or a dispute, as a row of `billing_reversals`. Pure.
struct Reversal: Sendable, Hashable {
  enum State: String, Sendable, Hashable, CaseIterable {
    case refunded
    /// The bank has withdrawn the money until the dispute is decided.
    case disputed
    case lost
    case won
    /// An inquiry of the bank, which withdraws no money.
    case dismissed

    /// Whether the buyer has the money back.
    var counts: Bool { self == .refunded || self == .disputed || self == .lost }
  }

  /// The id of the charge or the dispute.
  let id: String
  let paymentIntent: String?
  let currency: String
  let amount: Int64
  let state: State
  /// The time of the event.
  let reportedAt: Timestamp

  init(_ charge: StripeCharge, at time: Timestamp) {
    (id, paymentIntent, currency) = (charge.id, charge.paymentIntent, charge.currency)
    (amount, state, reportedAt) = (charge.amountRefunded, .refunded, time)
  }

  /// Throws if the dispute's status is unknown.
  init(_ dispute: StripeDispute, at time: Timestamp) throws(Refusal) {
    (id, paymentIntent, currency) = (dispute.id, dispute.paymentIntent, dispute.currency)
    (amount, reportedAt) = (dispute.amount, time)
    switch dispute.status {
    case .needsResponse, .underReview: state = .disputed
    case .lost: state = .lost
    case .won: state = .won
    case .warningNeedsResponse, .warningUnderReview, .warningClosed, .prevented: state = .dismissed
    case .other:
      throw Refusal(.malformedEvent, "dispute \(dispute.id) has an unknown status")
    }
  }

  /// The total credits of a purchase to reverse: all if the buyer has the whole price back, else the credits
  /// in proportion, rounded down. Does not depend on the order of refunds and disputes.
  /// - Parameters:
  ///   - amount: The amount that was paid.
  ///   - returned: The amount that the buyer has back, by refunds and disputes together.
  static func target(credits: Int64, amount: Int64, returned: Int64) -> Int64 {
    guard returned > 0 else { return 0 }
    guard returned < amount else { return credits }
    // The product needs up to 126 bits.
    let (high, low) = credits.multipliedFullWidth(by: returned)
    return amount.dividingFullWidth((high, low)).quotient
  }
}
