internal import Model
internal import StripeAPI

/// What Stripe gave back to a buyer, as one row of `billing_reversals` keeps it: all refunds of a charge, or a dispute.
/// Pure.
struct Reversal: Sendable, Hashable {
  enum State: String, Sendable, Hashable {
    case refunded
    /// The bank has taken the money until it is decided.
    case disputed
    case lost
    case won
    /// The bank only asked; no money was taken.
    case dismissed

    /// Whether the buyer has the money.
    var counts: Bool { self == .refunded || self == .disputed || self == .lost }
  }

  /// Of the charge or the dispute.
  let id: String
  let paymentIntent: String?
  let currency: String
  let amount: Int64
  let state: State
  let toldAt: Timestamp

  init(_ charge: StripeCharge, at time: Timestamp) {
    (id, paymentIntent, currency) = (charge.id, charge.paymentIntent, charge.currency)
    (amount, state, toldAt) = (charge.amountRefunded, .refunded, time)
  }

  /// Fails where the dispute's status is not known.
  init(_ dispute: StripeDispute, at time: Timestamp) throws(Refusal) {
    (id, paymentIntent, currency) = (dispute.id, dispute.paymentIntent, dispute.currency)
    (amount, toldAt) = (dispute.amount, time)
    switch dispute.status {
    case .needsResponse, .underReview: state = .disputed
    case .lost: state = .lost
    case .won: state = .won
    case .warningNeedsResponse, .warningUnderReview, .warningClosed, .prevented: state = .dismissed
    case .other:
      throw Refusal(.malformedEvent, "dispute \(dispute.id) has a status that is not known here")
    }
  }

  /// How much of a purchase is to be taken back in all: the whole when the buyer has the whole price back, else the
  /// credits in proportion, rounded down. The same whatever order refunds and disputes came in.
  /// - Parameters:
  ///   - amount: what was paid.
  ///   - returned: what the buyer has back, by refunds and disputes together.
  static func target(credits: Int64, amount: Int64, returned: Int64) -> Int64 {
    guard returned > 0 else { return 0 }
    guard returned < amount else { return credits }
    // The product needs up to 126 bits.
    let (high, low) = credits.multipliedFullWidth(by: returned)
    return amount.dividingFullWidth((high, low)).quotient
  }
}
