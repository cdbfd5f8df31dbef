internal import Ledger
internal import Model
internal import Postgres
internal import StripeAPI

/// One event, carried out within a transaction that has claimed it.
struct BillingTransaction {
  let books: BillingBooks
  let transaction: PostgresTransaction
  let received: ReceivedEvent

  var letters: DeadLetters { DeadLetters(transaction) }

  /// The ledger's account that purchases are paid from.
  private static let clearing = LedgerBooks.clearingAccount

  func carryOut(
    _ items: BillingBooks.Items?, on occasion: BillingBooks.Occasion
  ) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    let event: StripeEvent
    switch received.content {
    case .success(let read): event = read
    case .failure(let refusal): return .failure(refusal)
    }
    guard event.isLive == books.isLive else {
      return .failure(
        Refusal(
          .wrongMode,
          "\(event.id) is a \(event.isLive ? "live" : "test") event, and this is for "
            + "\(books.isLive ? "live" : "test") events: send each to an endpoint of its own"))
    }
    try await Purchases.lock(received.paymentIntent ?? received.subject, in: transaction)
    switch event.object {
    case .checkoutSession(let session):
      if event.type == "checkout.session.async_payment_failed" { return .success(.noted) }
      return try await credit(session, items, event, on: occasion)
    case .charge(let charge): return try await reverse(Reversal(charge, at: event.created))
    case .dispute(let dispute):
      switch Reversal.reading(dispute, at: event.created) {
      case .success(let reversal): return try await reverse(reversal)
      case .failure(let refusal): return .failure(refusal)
      }
    case .other: return .success(.ignored)
    }
  }

  // MARK: Crediting

  private func credit(
    _ session: StripeCheckoutSession, _ items: BillingBooks.Items?, _ event: StripeEvent,
    on occasion: BillingBooks.Occasion
  ) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    if try await Purchases.of(session: session.id, in: transaction) != nil { return .success(.repeated) }
    switch session.paymentStatus {
    case .paid, .noPaymentRequired: break
    case .unpaid:
      return .failure(Refusal(.unpaid, "\(session.id) is not paid yet; Stripe tells when it is"))
    case .other:
      return .failure(Refusal(.malformedEvent, "\(session.id) has a payment status that is not known here"))
    }
    let order: CheckoutOrder
    switch try await self.order(session, items, on: occasion) {
    case .success(let decided): order = decided
    case .failure(let refusal): return .failure(refusal)
    }
    if let refusal = try await open(order.account, for: session) { return .failure(refusal) }
    let leg = LedgerLeg(to: order.account, order.credits, for: "purchase")
    let call = LedgerCall(
      .transfer([leg], job: session.id), on: Self.clearing, key: "checkout/\(session.id)")
    if case .failure(let error) = try await LedgerBooks.execute([call], in: transaction)[0] {
      return .failure(Refusal(.ledgerRefused, "the ledger refuses \(session.id): \(error.code.rawValue)"))
    }
    let purchase = Purchase(order, of: session, isLive: event.isLive)
    try await Purchases.record(purchase, order.lines, in: transaction)
    try await settle(purchase)
    try await letters.resolveReversals(of: purchase)
    return .success(.credited(order.credits))
  }

  private func order(
    _ session: StripeCheckoutSession, _ items: BillingBooks.Items?, on occasion: BillingBooks.Occasion
  ) async throws(PostgresError) -> Result<CheckoutOrder, Refusal> {
    switch items {
    case .known(let items)?:
      let ids = Array(Set(items.compactMap(\.price))).sorted()
      var prices = try await PricesInForce.find(ids, at: session.created, in: transaction)
      if occasion == .replay, ids.contains(where: { prices[$0] == nil }) {
        let later = try await PricesInForce.find(ids, at: books.now(), in: transaction)
        prices.merge(later) { atCreation, _ in atCreation }
      }
      for id in ids where prices[id] == nil { prices[id] = books.environmentPrices.price(id) }
      return CheckoutOrder.decide(session, items: items, prices: prices)
    case .refused(let refusal)?: return .failure(refusal)
    case .unavailable?, nil:
      return .failure(Refusal(.itemsUnavailable, "what \(session.id) bought is not known; replay this"))
    }
  }

  /// Nil when both accounts are there and locked.
  private func open(
    _ account: String, for session: StripeCheckoutSession
  ) async throws(PostgresError) -> Refusal? {
    try await LedgerBooks.open([Self.clearing], as: .stripeClearing, in: transaction)
    try await LedgerBooks.open([account], as: .creator, in: transaction)
    let accounts = try await LedgerBooks.lock([Self.clearing, account], in: transaction)
    guard accounts[Self.clearing]?.kind == .stripeClearing else {
      return Refusal(
        .ledgerRefused, "the account \(Self.clearing) is not the one that clears Stripe's payments")
    }
    switch accounts[account]?.kind {
    case .creator?, .nodeOwner?, .moduleDeveloper?: return nil
    default: return Refusal(.noAccount, "what \(session.id) names is no account of a buyer's")
    }
  }

  // MARK: Taking back

  private func reverse(_ reversal: Reversal) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    let unknown = Refusal(
      .unknownPurchase,
      "\(reversal.id) is about a payment that gave no credits here; done once its session is")
    guard let payment = reversal.paymentIntent else { return .failure(unknown) }
    let purchase = try await Purchases.of(payment: payment, in: transaction)
    if let purchase, purchase.currency != reversal.currency {
      return .failure(
        Refusal(
          .wrongCurrency,
          "\(reversal.id) is in \(reversal.currency), and \(purchase.session) was paid in \(purchase.currency)"
        ))
    }
    try await Purchases.record(reversal, of: payment, in: transaction)
    guard let purchase else { return reversal.state.counts ? .failure(unknown) : .success(.noted) }
    let moved = try await settle(purchase)
    return .success(moved == 0 ? .noted : .reversed(Credits(micro: moved)))
  }

  /// Moves what is to be taken back, or given back again, and no more than the account has free. What is lacking stays in
  /// a dead letter.
  /// - Returns: micro-credits that were moved in either direction.
  @discardableResult
  func settle(_ purchase: Purchase) async throws(PostgresError) -> Int64 {
    let returned = try await Purchases.returned(of: purchase, in: transaction)
    let target = Reversal.target(credits: purchase.credits, amount: purchase.amount, returned: returned)
    let accounts = try await LedgerBooks.lock([Self.clearing, purchase.account], in: transaction)
    let available = max(accounts[purchase.account]?.available.micro ?? 0, 0)
    let move = min(target - purchase.reversed, available)
    if move != 0 {
      let (payer, payee, type) =
        move > 0
        ? (purchase.account, Self.clearing, "reversal") : (Self.clearing, purchase.account, "reinstatement")
      let leg = LedgerLeg(to: payee, Credits(micro: abs(move)), for: type)
      let call = LedgerCall(
        .transfer([leg], job: purchase.session), on: payer,
        key: "\(type)/\(purchase.session)/\(purchase.moves + 1)")
      if case .failure(let error) = try await LedgerBooks.execute([call], in: transaction)[0] {
        try await letters.keepOutstanding(
          purchase, received,
          Refusal(.notCovered, "the ledger refuses to reverse \(purchase.session): \(error.code.rawValue)"))
        return 0
      }
      try await Purchases.move(move, of: purchase, in: transaction)
    }
    let outstanding = target - purchase.reversed - move
    guard outstanding > 0 else {
      try await letters.resolveOutstanding(purchase)
      return abs(move)
    }
    try await letters.keepOutstanding(
      purchase, received,
      Refusal(
        .notCovered,
        "\(Credits(micro: outstanding)) of \(Credits(micro: target)) credits are still to be taken back of "
          + "\(purchase.session): its account has no more free; replay this later"))
    return abs(move)
  }
}
