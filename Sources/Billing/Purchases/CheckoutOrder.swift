internal import Ledger
package import Model
package import StripeAPI

/// The credits of a paid checkout session, from the session, its line items and the prices in force. Pure.
package struct CheckoutOrder: Sendable, Hashable {
  package struct Line: Sendable, Hashable {
    package let price: String
    package let quantity: Int64
    /// The credits of all units together.
    package let credits: Credits
  }

  /// The credits of one unit.
  package struct Price: Sendable, Hashable {
    package let credits: Credits
    /// ISO 4217 in lower case.
    package let currency: String
  }

  package let account: String
  /// In the order of the line items.
  package let lines: [Line]
  package let credits: Credits

  /// Throws if any line gives no credits.
  package init(
    _ session: StripeCheckoutSession, items: [StripeLineItem], prices: [String: Price]
  ) throws(Refusal) {
    account = try CheckoutOrder.account(of: session)
    guard !items.isEmpty else {
      throw Refusal(.unusableItems, "checkout session \(session.id) has no line items")
    }
    var lines: [Line] = []
    var total: Int64 = 0
    for item in items {
      let line = try CheckoutOrder.line(item, of: session, prices)
      let (sum, overflow) = total.addingReportingOverflow(line.credits.micro)
      guard !overflow, sum <= Credits.maxTransfer.micro else { throw CheckoutOrder.tooMany(session) }
      total = sum
      lines.append(line)
    }
    self.lines = lines
    credits = Credits(micro: total)
  }

  /// Why a session gives no credits whatever its line items are; nil if they decide. A paid session needs a
  /// payment, by which refunds and disputes are found; subscriptions and sessions that set up a later payment
  /// have none.
  static func refusal(of session: StripeCheckoutSession) -> Refusal? {
    guard session.mode == .payment else {
      return Refusal(
        .unsupportedSession,
        "\(session.id) is not a single payment; sell credits by sessions of mode ‘payment’")
    }
    switch session.paymentStatus {
    case .paid, .noPaymentRequired: break
    case .unpaid: return Refusal(.unpaid, "\(session.id) is not paid yet; Stripe sends an event when it is")
    case .other:
      return Refusal(.malformedEvent, "\(session.id) has an unknown payment status")
    }
    let isFree = session.amountTotal == 0
    guard isFree || (session.paymentStatus == .paid && session.paymentIntent != nil) else {
      return Refusal(
        .unsupportedSession,
        "\(session.id) has a cost but no payment, so refunds of it could not be found")
    }
    return nil
  }

  private static func line(
    _ item: StripeLineItem, of session: StripeCheckoutSession, _ prices: [String: Price]
  ) throws(Refusal) -> Line {
    guard let id = item.price, let quantity = item.quantity, quantity > 0 else {
      throw Refusal(
        .unusableItems, "line item \(item.id) of \(session.id) has no price or no quantity that gives credits"
      )
    }
    guard let price = prices[id] else {
      throw Refusal(
        .unknownPrice,
        "no PriceMap had \(id) when \(session.id) was created; add it to one, then replay: "
          + "the prices in force then count")
    }
    let paid = session.currency ?? item.currency
    guard price.currency == paid, price.currency == item.currency else {
      throw Refusal(
        .wrongCurrency, "\(session.id) was paid in \(paid), but \(id) gives credits for \(price.currency)")
    }
    let (micro, overflow) = price.credits.micro.multipliedReportingOverflow(by: quantity)
    guard !overflow, micro <= Credits.maxTransfer.micro else { throw tooMany(session) }
    return Line(price: id, quantity: quantity, credits: Credits(micro: micro))
  }

  private static func tooMany(_ session: StripeCheckoutSession) -> Refusal {
    Refusal(.unusableItems, "\(session.id) gives more than \(Credits.maxTransfer) credits")
  }

  /// The account of a session: `client_reference_id`, or else `account` of its metadata.
  package static func account(of session: StripeCheckoutSession) throws(Refusal) -> String {
    let named = [session.clientReferenceID, session.metadata["account"]].compactMap { $0 }.filter {
      !$0.isEmpty
    }
    guard let text = named.first else {
      throw Refusal(
        .noAccount,
        "\(session.id) names no account: create sessions with client_reference_id, or metadata account")
    }
    let name = LedgerStore.plainName(text)
    guard LedgerStore.isValidName(name), !reserved.contains(name) else {
      throw Refusal(
        .noAccount,
        "the account of \(session.id) cannot be a buyer's: use 1 to 63 of a–z, 0–9 and inner hyphens"
      )
    }
    return name
  }

  /// The ledger's own accounts, which a session cannot name.
  private static let reserved: Set = [LedgerStore.clearingAccount, LedgerSpec().platform, "overflow"]
}
