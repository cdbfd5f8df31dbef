internal import Model
internal import StripeAPI

/// The line items of a session, from the event or from Stripe's API.
extension BillingStore {
  enum Items: Sendable {
    case known([StripeLineItem])
    case refused(Refusal)
    case unavailable(BackendError)
  }

  /// Whether processing the event needs the line items of its session.
  func needsItems(_ received: ReceivedEvent) -> Bool {
    guard case .success(let event) = received.content, event.isLive == isLive,
      case .checkoutSession(let session) = event.object, received.failedSession == nil
    else { return false }
    return CheckoutOrder.refusal(of: session) == nil
  }

  func items(of received: ReceivedEvent) async -> Items? {
    guard case .checkoutSession(let session)? = (try? received.content.get())?.object else { return nil }
    if let list = session.lineItems, !list.hasMore { return .known(list.elements) }
    guard let lineItems else {
      return .refused(
        Refusal(
          .itemsUnavailable,
          "the line items of \(session.id) cannot be read without a key of Stripe's API; set one, then replay"
        ))
    }
    switch await lineItems(session.id) {
    case .success(let items): return .known(items)
    case .failure(let error) where error.isLasting:
      return .refused(Refusal(.itemsUnavailable, error.description))
    case .failure(let error): return .unavailable(error.backendError)
    }
  }
}
