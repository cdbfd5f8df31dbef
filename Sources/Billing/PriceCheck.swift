internal import Manifests
package import Model
package import StripeAPI
internal import Synchronization

/// Asks Stripe whether prices are as a map has them. What Stripe answers is remembered for an hour; what it does not
/// answer says nothing about the prices.
package final class PriceCheck: Sendable {
  /// The client of a map's settings; fails where its key cannot be had.
  package typealias Clients = @Sendable (StripeCheckSpec) async -> Result<StripeClient, BackendError>

  private struct Key: Hashable, Sendable {
    let settings: StripeCheckSpec
    let price: String
  }

  private struct Answer: Sendable {
    /// Nil: Stripe has no such price.
    let price: StripePrice?
    let at: Timestamp
  }

  private static let lifetime = TimeSpan(seconds: 3600)
  /// After a question in vain, Stripe is left alone for so long.
  private static let rest = TimeSpan(seconds: 60)
  /// Questions at a time; the clock is looked at between them.
  private static let portion = 20

  private let clients: Clients
  private let known = Mutex<[Key: Answer]>([:])
  private let silent = Mutex<[StripeCheckSpec: Timestamp]>([:])

  package init(clients: @escaping Clients) { self.clients = clients }

  /// What is wrong with the prices of a map as far as Stripe has told, sorted by Price ID. Asks for what is not known, until
  /// `deadline`; the rest is asked for another time.
  func faults(
    of spec: PriceMapSpec, at now: Timestamp, until deadline: ContinuousClock.Instant
  ) async -> [PriceFault] {
    guard let settings = spec.check?.stripe else { return [] }
    let ids = spec.prices.keys.sorted()
    let missing = known.withLock { known in
      ids.filter { id in
        guard let answer = known[Key(settings: settings, price: id)] else { return true }
        return now - answer.at >= PriceCheck.lifetime || now < answer.at
      }
    }
    var faults: [PriceFault] = []
    if !missing.isEmpty, let fault = await ask(missing, settings, now, deadline) { faults.append(fault) }
    for id in ids {
      let answer = known.withLock { $0[Key(settings: settings, price: id)] }
      if let answer, let fault = spec.fault(of: id, answer.price) { faults.append(fault) }
    }
    return faults
  }

  /// - Returns: a fault of the settings themselves, such as a key that Stripe does not take.
  private func ask(
    _ ids: [String], _ settings: StripeCheckSpec, _ now: Timestamp, _ deadline: ContinuousClock.Instant
  ) async -> PriceFault? {
    if let last = silent.withLock({ $0[settings] }), now - last < PriceCheck.rest, now >= last { return nil }
    let client: StripeClient
    switch await clients(settings) {
    case .success(let made): client = made
    case .failure(let error):
      return PriceFault(reason: .notChecked, price: "", "prices are not checked: \(error)")
    }
    var rest = ids[...]
    while !rest.isEmpty, ContinuousClock().now < deadline, !Task.isCancelled {
      let answers = await client.prices(rest.prefix(PriceCheck.portion))
      rest = rest.dropFirst(PriceCheck.portion)
      for (id, answer) in answers.sorted(by: { $0.key < $1.key }) {
        switch answer {
        case .success(let price): remember(price, id, settings, now)
        case .failure(let error) where error.code == .notFound: remember(nil, id, settings, now)
        case .failure(let error) where error.retry == .later:
          silent.withLock { $0[settings] = now }
          return nil
        case .failure(let error):
          return PriceFault(reason: .notChecked, price: "", "prices are not checked: \(error)")
        }
      }
    }
    return nil
  }

  private func remember(_ price: StripePrice?, _ id: String, _ settings: StripeCheckSpec, _ now: Timestamp) {
    known.withLock { $0[Key(settings: settings, price: id)] = Answer(price: price, at: now) }
  }
}

/// One price that is not at Stripe as a map has it.
package struct PriceFault: Sendable, Hashable {
  package enum Reason: String, Sendable, Hashable {
    case missing = "PriceMissing"
    case inactive = "PriceInactive"
    case differs = "PriceDiffers"
    case notChecked = "PricesNotChecked"
  }

  package let reason: Reason
  /// Empty where it is about all of them.
  package let price: String
  package let message: String

  package init(reason: Reason, price: String, _ message: String) {
    self.reason = reason
    self.price = price
    self.message = message
  }
}

extension PriceMapSpec {
  /// - Parameter found: nil where Stripe has no such price.
  func fault(of id: String, _ found: StripePrice?) -> PriceFault? {
    guard let found else {
      return PriceFault(
        reason: .missing, price: id, "\(id) is not at Stripe; make it there or remove it here")
    }
    guard found.isActive else {
      return PriceFault(
        reason: .inactive, price: id, "\(id) cannot be bought any more; activate it at Stripe")
    }
    guard found.currency == currency.description else {
      return PriceFault(
        reason: .differs, price: id, "\(id) is sold in \(found.currency) at Stripe, and in \(currency) here")
    }
    guard let amount = prices[id]?.amount, amount.minorUnits(of: currency) != found.unitAmount else {
      return nil
    }
    let theirs = found.unitAmount.map { "\(Amount(minorUnits: $0, of: currency))" } ?? "no fixed amount"
    return PriceFault(reason: .differs, price: id, "\(id) costs \(theirs) at Stripe, and \(amount) here")
  }
}

extension Amount {
  /// Nil where it has more digits than the currency.
  fileprivate func minorUnits(of currency: CurrencyCode) -> Int64? {
    currency.takes(self) ? tenThousandths / Amount.unit(of: currency) : nil
  }

  fileprivate init(minorUnits: Int64, of currency: CurrencyCode) {
    self.init(
      tenThousandths: minorUnits.multipliedReportingOverflow(by: Amount.unit(of: currency)).partialValue)
  }

  /// Ten-thousandths of one minor unit.
  private static func unit(of currency: CurrencyCode) -> Int64 {
    var unit: Int64 = 1
    for _ in currency.digits..<4 { unit *= 10 }
    return unit
  }
}
