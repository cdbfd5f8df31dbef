internal import Model
internal import StripeAPI

/// What a session bought, which Stripe tells in its events or when it is asked.
extension BillingStore {
  enum Items: Sendable {
    case known([StripeLineItem])
    case refused(Refusal)
    case unavailable(BackendError)
  }

  /// Whether the event credits its session, if nothing stands in its way.
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
          "what \(session.id) bought is not known without a key of Stripe's API; set one, then replay"))
    }
    switch await lineItems(session.id) {
    case .success(let items): return .known(items)
    case .failure(let error) where error.isLasting:
      return .refused(Refusal(.itemsUnavailable, error.description))
    case .failure(let error): return .unavailable(error.backendError)
    }
  }
}
