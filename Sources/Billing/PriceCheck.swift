internal import Manifests
package import Model
package import StripeAPI
internal import Synchronization

/// Compares the prices of maps with Stripe. Responses are cached for an hour. A request that fails is no
/// evidence about a price.
package final class PriceCheck: Sendable {
  /// Makes the client of a map's settings; fails if the key cannot be resolved.
  package typealias Clients = @Sendable (StripeCheckSpec) async -> Result<StripeClient, BackendError>

  private struct Key: Hashable, Sendable {
    let settings: StripeCheckSpec
    let price: String
  }

  private struct Response: Sendable {
    /// Nil: Stripe has no such price.
    let price: StripePrice?
    let receivedAt: Timestamp
  }

  private static let lifetime = TimeSpan(seconds: 3600)
  /// The pause after a failed request.
  private static let pause = TimeSpan(seconds: 60)
  /// The number of requests between checks of the deadline.
  private static let batchSize = 20

  private let clients: Clients
  private let cache = Mutex<[Key: Response]>([:])
  private let failedAt = Mutex<[StripeCheckSpec: Timestamp]>([:])

  package init(clients: @escaping Clients) { self.clients = clients }

  /// The faults of a map's prices that Stripe has reported, sorted by Price ID. Requests prices that are not
  /// cached until `deadline`; the next call requests the rest.
  func faults(
    of spec: PriceMapSpec, at now: Timestamp, until deadline: ContinuousClock.Instant
  ) async -> [PriceFault] {
    guard let settings = spec.check?.stripe else { return [] }
    let ids = spec.prices.keys.sorted()
    let missing = cache.withLock { cache in
      ids.filter { id in
        guard let response = cache[Key(settings: settings, price: id)] else { return true }
        return now - response.receivedAt >= PriceCheck.lifetime || now < response.receivedAt
      }
    }
    var faults: [PriceFault] = []
    if !missing.isEmpty, let fault = await request(missing, settings, now, deadline) { faults.append(fault) }
    for id in ids {
      let response = cache.withLock { $0[Key(settings: settings, price: id)] }
      if let response, let fault = spec.fault(of: id, response.price) { faults.append(fault) }
    }
    return faults
  }

  /// - Returns: A fault of the settings themselves, such as a key that Stripe rejects.
  private func request(
    _ ids: [String], _ settings: StripeCheckSpec, _ now: Timestamp, _ deadline: ContinuousClock.Instant
  ) async -> PriceFault? {
    if let last = failedAt.withLock({ $0[settings] }), now - last < PriceCheck.pause, now >= last {
      return nil
    }
    let client: StripeClient
    switch await clients(settings) {
    case .success(let made): client = made
    case .failure(let error):
      return PriceFault(reason: .notChecked, price: "", "prices are not checked: \(error)")
    }
    var rest = ids[...]
    while !rest.isEmpty, ContinuousClock().now < deadline, !Task.isCancelled {
      let results = await client.prices(rest.prefix(PriceCheck.batchSize))
      rest = rest.dropFirst(PriceCheck.batchSize)
      for (id, result) in results.sorted(by: { $0.key < $1.key }) {
        switch result {
        case .success(let price): remember(price, id, settings, now)
        case .failure(let error) where error.code == .notFound: remember(nil, id, settings, now)
        case .failure(let error) where error.retry == .later:
          failedAt.withLock { $0[settings] = now }
          return nil
        case .failure(let error):
          return PriceFault(reason: .notChecked, price: "", "prices are not checked: \(error)")
        }
      }
    }
    return nil
  }

  private func remember(_ price: StripePrice?, _ id: String, _ settings: StripeCheckSpec, _ now: Timestamp) {
    cache.withLock { $0[Key(settings: settings, price: id)] = Response(price: price, receivedAt: now) }
  }
}

/// A difference between a map and Stripe.
package struct PriceFault: Sendable, Hashable {
  package enum Reason: String, Sendable, Hashable {
    case missing = "PriceMissing"
    case inactive = "PriceInactive"
    case differs = "PriceDiffers"
    case notChecked = "PricesNotChecked"
  }

  package let reason: Reason
  /// Empty for a fault of all prices.
  package let price: String
  package let message: String

  package init(reason: Reason, price: String, _ message: String) {
    self.reason = reason
    self.price = price
    self.message = message
  }
}

extension PriceMapSpec {
  /// - Parameter found: Nil if Stripe has no such price.
  func fault(of id: String, _ found: StripePrice?) -> PriceFault? {
    guard let found else {
      return PriceFault(
        reason: .missing, price: id, "\(id) does not exist at Stripe; create it there or remove it here")
    }
    guard found.isActive else {
      return PriceFault(
        reason: .inactive, price: id, "\(id) is archived at Stripe and cannot be bought; activate it there")
    }
    guard found.currency == currency.description else {
      return PriceFault(
        reason: .differs, price: id, "\(id) is in \(found.currency) at Stripe, but in \(currency) here")
    }
    guard let amount = prices[id]?.amount, amount.stripeUnits(of: currency) != found.unitAmount else {
      return nil
    }
    let actual = found.unitAmount.map { "\(Amount(stripeUnits: $0, of: currency))" } ?? "no fixed amount"
    return PriceFault(reason: .differs, price: id, "\(id) costs \(actual) at Stripe, but \(amount) here")
  }
}

extension Amount {
  /// Nil if the amount has more decimal places than the currency.
  fileprivate func stripeUnits(of currency: CurrencyCode) -> Int64? {
    currency.takes(self) ? tenThousandths / currency.stripeUnit : nil
  }

  fileprivate init(stripeUnits: Int64, of currency: CurrencyCode) {
    self.init(
      tenThousandths: stripeUnits.multipliedReportingOverflow(by: currency.stripeUnit).partialValue)
  }
}
