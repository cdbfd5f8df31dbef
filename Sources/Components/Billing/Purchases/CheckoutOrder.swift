package import Model
package import StripeAPI

/// What a paid checkout session gives, decided from the session, its line items and the prices in force. Pure.
package struct CheckoutOrder: Sendable, Hashable {
  package struct Line: Sendable, Hashable {
    package let price: String
    package let quantity: Int64
    /// Of all pieces together.
    package let credits: Credits
  }

  /// What one piece gives.
  package struct Price: Sendable, Hashable {
    package let credits: Credits
    /// ISO 4217 in lower case.
    package let currency: String

    package init(credits: Credits, currency: String) {
      self.credits = credits
      self.currency = currency
    }
  }

  package let account: String
  /// In the order of the line items.
  package let lines: [Line]
  package let credits: Credits

  /// A billion credits, the most that the ledger moves at once.
  private static let mostMicro: Int64 = 1_000_000_000_000_000

  /// All lines give credits, or nothing does.
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
      guard !overflow, sum <= CheckoutOrder.mostMicro else { throw CheckoutOrder.tooMany(session) }
      total = sum
      lines.append(line)
    }
    self.lines = lines
    credits = Credits(micro: total)
  }

  /// The same as a value.
  static func decide(
    _ session: StripeCheckoutSession, items: [StripeLineItem], prices: [String: Price]
  ) -> Result<CheckoutOrder, Refusal> {
    do throws(Refusal) {
      return .success(try CheckoutOrder(session, items: items, prices: prices))
    } catch {
      return .failure(error)
    }
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
        "no PriceMap had \(id) when \(session.id) was made; add it to one, then replay: "
          + "the prices in force then count")
    }
    let paid = session.currency ?? item.currency
    guard price.currency == paid, price.currency == item.currency else {
      throw Refusal(
        .wrongCurrency, "\(session.id) was paid in \(paid), and \(id) gives credits for \(price.currency)")
    }
    let (micro, overflow) = price.credits.micro.multipliedReportingOverflow(by: quantity)
    guard !overflow, micro <= mostMicro else { throw tooMany(session) }
    return Line(price: id, quantity: quantity, credits: Credits(micro: micro))
  }

  private static func tooMany(_ session: StripeCheckoutSession) -> Refusal {
    Refusal(.unusableItems, "\(session.id) gives more than \(Credits(micro: mostMicro)) credits")
  }

  /// Whom the session names: by `client_reference_id`, else by `account` of its metadata.
  package static func account(of session: StripeCheckoutSession) throws(Refusal) -> String {
    let named = [session.clientReferenceID, session.metadata["account"]].compactMap { $0 }.filter {
      !$0.isEmpty
    }
    guard let text = named.first else {
      throw Refusal(
        .noAccount,
        "\(session.id) names no account: make sessions with client_reference_id, or metadata account")
    }
    let name = text.hasPrefix("account/") ? String(text.dropFirst(8)) : text
    guard isAccountName(name) else {
      throw Refusal(
        .noAccount,
        "what \(session.id) names is no account: lower-case letters, digits and ‘-’ within, at most 63")
    }
    return name
  }

  private static func isAccountName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let hyphen = UInt8(ascii: "-")
    return (1...63).contains(bytes.count) && bytes.first != hyphen && bytes.last != hyphen
      && bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == hyphen }
  }
}
