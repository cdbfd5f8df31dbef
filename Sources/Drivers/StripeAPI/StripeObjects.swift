package import Model

/// One page of a list; `hasMore` when Stripe has further elements.
package struct StripeList<Element: Sendable & Hashable>: Sendable, Hashable {
  package let elements: [Element]
  package let hasMore: Bool
}

/// A customer's way through Stripe's checkout page.
package struct StripeCheckoutSession: Sendable, Hashable {
  package enum PaymentStatus: Sendable, Hashable {
    case paid
    /// The payment is in progress (bank debits), or failed.
    case unpaid
    /// Nothing was due: the total is 0, or a later payment was set up.
    case noPaymentRequired
    case other(String)
  }

  package enum Mode: Sendable, Hashable {
    case payment, subscription, setup
    case other(String)
  }

  /// `cs_…`
  package let id: String
  /// When the prices were shown to the buyer.
  package let created: Timestamp
  package let mode: Mode
  package let paymentStatus: PaymentStatus
  /// Nil in sessions that only set up a later payment; so is `amountTotal`.
  package let currency: String?
  /// In the currency's minor unit, after discounts and with taxes.
  package let amountTotal: Int64?
  /// The buyer's identifier that the session was created with.
  package let clientReferenceID: String?
  package let metadata: [String: String]
  /// `pi_…`; nil for subscriptions and free orders.
  package let paymentIntent: String?
  /// Nil in events, which omit them; `StripeClient.lineItems(ofSession:)` reads them.
  package let lineItems: StripeList<StripeLineItem>?
}

/// One line of an order.
package struct StripeLineItem: Sendable, Hashable {
  /// `li_…`
  package let id: String
  /// Nil where the price was deleted or created for this order alone.
  package let price: String?
  package let quantity: Int64?
  package let currency: String
  /// Before discounts and taxes, in the currency's minor unit.
  package let amountSubtotal: Int64
  package let amountTotal: Int64

  package init(
    id: String, price: String?, quantity: Int64?, currency: String, amountSubtotal: Int64, amountTotal: Int64
  ) {
    self.id = id
    self.price = price
    self.quantity = quantity
    self.currency = currency
    self.amountSubtotal = amountSubtotal
    self.amountTotal = amountTotal
  }
}

/// A successful payment. `amountRefunded` sums up its refunds.
package struct StripeCharge: Sendable, Hashable {
  /// `ch_…` or `py_…`
  package let id: String
  package let paymentIntent: String?
  package let currency: String
  /// In the currency's minor unit.
  package let amount: Int64
  /// The sum of all refunds so far; never more than `amount`.
  package let amountRefunded: Int64
  /// Nil where Stripe omits them, as for endpoints of API version 2022-11-15 and later.
  package let refunds: StripeList<StripeRefund>?
}

package struct StripeRefund: Sendable, Hashable {
  /// `re_…`
  package let id: String
  package let amount: Int64
  package let currency: String
  /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`; nil where Stripe omits it.
  package let status: String?
}

/// A payer's dispute at the bank, which withdraws the money until it is decided.
package struct StripeDispute: Sendable, Hashable {
  package enum Status: Sendable, Hashable {
    case needsResponse, underReview, won, lost
    /// An inquiry of the bank; no money was withdrawn.
    case warningNeedsResponse, warningUnderReview, warningClosed
    /// Settled before it became a dispute.
    case prevented
    case other(String)
  }

  /// `du_…` or `dp_…`
  package let id: String
  package let charge: String
  package let paymentIntent: String?
  package let currency: String
  /// The disputed amount, usually but not always the whole charge; in the currency's minor unit.
  package let amount: Int64
  package let status: Status
}

/// The price of a product.
package struct StripePrice: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case oneTime
    case recurring
    case other(String)
  }

  /// `price_…`, or the id of an old plan.
  package let id: String
  /// False where it can no longer be bought.
  package let isActive: Bool
  package let currency: String
  /// In the currency's minor unit; nil for tiers, amounts that the buyer chooses and fractions of the minor
  /// unit.
  package let unitAmount: Int64?
  package let kind: Kind

  package init(id: String, isActive: Bool, currency: String, unitAmount: Int64?, kind: Kind) {
    self.id = id
    self.isActive = isActive
    self.currency = currency
    self.unitAmount = unitAmount
    self.kind = kind
  }
}
