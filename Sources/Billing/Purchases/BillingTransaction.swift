internal import Ledger
internal import Model
internal import Postgres
internal import StripeAPI

/// Processes one event within a transaction that has claimed it.
struct BillingTransaction {
  let store: BillingStore
  let transaction: PostgresTransaction
  let received: ReceivedEvent

  var deadLetters: DeadLetters { DeadLetters(transaction) }

  /// The ledger's account that pays for purchases.
  private static let clearing = LedgerStore.clearingAccount

  func process(
    _ items: BillingStore.Items?, on occasion: BillingStore.Occasion
  ) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    let event: StripeEvent
    switch received.content {
    case .success(let read): event = read
    case .failure(let refusal): return .failure(refusal)
    }
    guard event.isLive == store.isLive else {
      return .failure(
        Refusal(
          .wrongMode,
          "\(event.id) is a \(event.isLive ? "live" : "test") event, but this endpoint is for "
            + "\(store.isLive ? "live" : "test") events: send each mode to an endpoint of its own"))
    }
    try await Purchases.lock(received.paymentIntent ?? received.subject, in: transaction)
    switch event.object {
    case .checkoutSession(let session):
      if event.type == "checkout.session.async_payment_failed" { return .success(.noted) }
      return try await credit(session, items, event, on: occasion)
    case .charge(let charge): return try await reverse(Reversal(charge, at: event.created))
    case .dispute(let dispute):
      let reversal: Reversal
      do throws(Refusal) { reversal = try Reversal(dispute, at: event.created) } catch {
        return .failure(error)
      }
      return try await reverse(reversal)
    case .other: return .success(.ignored)
    }
  }

  // MARK: Crediting

  private func credit(
    _ session: StripeCheckoutSession, _ items: BillingStore.Items?, _ event: StripeEvent,
    on occasion: BillingStore.Occasion
  ) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    if try await Purchases.of(session: session.id, in: transaction) != nil { return .success(.repeated) }
    if let refusal = CheckoutOrder.refusal(of: session) {
      let hasFailed = refusal.reason == .unpaid ? try await hasFailed(session) : false
      return hasFailed ? .success(.noted) : .failure(refusal)
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
    if case .failure(let error) = try await LedgerStore.execute([call], in: transaction)[0] {
      return .failure(Refusal(.ledgerRefused, "the ledger rejects \(session.id): \(error.code.rawValue)"))
    }
    let purchase = Purchase(order, of: session)
    try await Purchases.record(
      purchase, order.lines, isLive: event.isLive, created: session.created, in: transaction)
    try await settle(purchase)
    try await deadLetters.resolveReversals(of: purchase)
    return .success(.credited(order.credits))
  }

  /// Whether Stripe has reported that the payment failed. That event may arrive before the unpaid session.
  private func hasFailed(_ session: StripeCheckoutSession) async throws(PostgresError) -> Bool {
    let failures = try await transaction.query(
      "SELECT 1 FROM billing_events WHERE failed_session = $1 LIMIT 1", [.text(session.id)])
    return !failures.isEmpty
  }

  private func order(
    _ session: StripeCheckoutSession, _ items: BillingStore.Items?, on occasion: BillingStore.Occasion
  ) async throws(PostgresError) -> Result<CheckoutOrder, Refusal> {
    switch items {
    case .known(let items)?:
      let ids = Array(Set(items.compactMap(\.price))).sorted()
      var prices = try await PricesInForce.find(ids, at: session.created, in: transaction)
      if occasion == .replay, ids.contains(where: { prices[$0] == nil }) {
        let later = try await PricesInForce.find(ids, at: store.now(), in: transaction)
        prices.merge(later) { atCreation, _ in atCreation }
      }
      for id in ids where prices[id] == nil { prices[id] = store.environmentPrices.price(id) }
      do throws(Refusal) {
        return .success(try CheckoutOrder(session, items: items, prices: prices))
      } catch {
        return .failure(error)
      }
    case .refused(let refusal)?: return .failure(refusal)
    case .unavailable?, nil:
      return .failure(
        Refusal(.itemsUnavailable, "the line items of \(session.id) are not known; replay this"))
    }
  }

  /// Opens the buyer's account and locks it and the clearing account, which only a Ledger opens. Nil on
  /// success.
  private func open(
    _ account: String, for session: StripeCheckoutSession
  ) async throws(PostgresError) -> Refusal? {
    try await LedgerStore.open([account], as: .creator, in: transaction)
    let accounts = try await LedgerStore.lock([Self.clearing, account], in: transaction)
    guard accounts[Self.clearing]?.kind == .stripeClearing else {
      return Refusal(
        .ledgerRefused, "the account \(Self.clearing) is not the clearing account of Stripe's payments")
    }
    switch accounts[account]?.kind {
    case .creator?, .nodeOwner?, .moduleDeveloper?: return nil
    default: return Refusal(.noAccount, "the account of \(session.id) cannot be a buyer's")
    }
  }

  // MARK: Reversing

  private func reverse(_ reversal: Reversal) async throws(PostgresError) -> Result<BillingOutcome, Refusal> {
    let unknown = Refusal(
      .unknownPurchase,
      "\(reversal.id) is about a payment without a purchase; processed once its session is")
    guard let payment = reversal.paymentIntent else { return .failure(unknown) }
    let purchase = try await Purchases.of(payment: payment, in: transaction)
    if let purchase, purchase.currency != reversal.currency {
      return .failure(
        Refusal(
          .wrongCurrency,
          "\(reversal.id) is in \(reversal.currency), but \(purchase.session) is in \(purchase.currency)"
        ))
    }
    try await Purchases.record(reversal, of: payment, in: transaction)
    guard let purchase else { return reversal.state.counts ? .failure(unknown) : .success(.noted) }
    return .success(try await settle(purchase))
  }

  /// Moves the credits that are to be reversed or reinstated, at most what the account has available. The
  /// rest becomes a dead letter and the outcome `kept`.
  /// - Returns: `reversed`, `noted` or `kept`.
  @discardableResult
  func settle(_ purchase: Purchase) async throws(PostgresError) -> BillingOutcome {
    let returned = try await Purchases.returned(of: purchase, in: transaction)
    let target = Reversal.target(credits: purchase.credits, amount: purchase.amount, returned: returned)
    let accounts = try await LedgerStore.lock([Self.clearing, purchase.account], in: transaction)
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
      if case .failure(let error) = try await LedgerStore.execute([call], in: transaction)[0] {
        let refusal = Refusal(
          .notCovered, "the ledger rejects the reversal of \(purchase.session): \(error.code.rawValue)")
        try await deadLetters.keepOutstanding(purchase, received, refusal)
        return .kept(refusal)
      }
      try await Purchases.move(move, of: purchase, in: transaction)
    }
    let outstanding = target - purchase.reversed - move
    guard outstanding > 0 else {
      try await deadLetters.resolveOutstanding(purchase)
      return move == 0 ? .noted : .reversed(Credits(micro: abs(move)))
    }
    let refusal = Refusal(
      .notCovered,
      "\(Credits(micro: outstanding)) of \(Credits(micro: target)) credits of \(purchase.session) are still "
        + "to be reversed: its account has no more available; replay this later")
    try await deadLetters.keepOutstanding(purchase, received, refusal)
    return .kept(refusal)
  }
}
