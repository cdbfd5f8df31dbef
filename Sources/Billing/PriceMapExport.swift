package import KindSupport
internal import Manifests
package import Model

/// Writes the spec of a map from its recorded prices.
package enum PriceMapExport {
  package static func export(
    _ map: Resource<PriceMapSpec>, _ observed: PriceMapObserved, _ context: ReconcileContext
  ) -> Exported<PriceMapSpec> {
    guard let first = observed.entries.first else {
      return Exported(map.spec, remarks: ["its prices are held by other maps"])
    }
    var spec = map.spec
    spec.fill(from: observed.entries)
    let isUniform = observed.entries.allSatisfy {
      $0.currency == first.currency && $0.effective == first.effective
    }
    return Exported(
      spec, remarks: isUniform ? [] : ["its prices differ in currency or effective time"])
  }
}

extension PriceMapSpec {
  /// The inverse of `entries`. Takes the currency and effective time from the first.
  mutating func fill(from entries: [PriceEntry]) {
    if let first = entries.first {
      currency = CurrencyCode(manifestText: first.currency) ?? currency
      effective = first.effective
    }
    prices = Dictionary(
      entries.map { entry in
        var price = PriceSpec()
        price.credits = entry.credits
        price.amount = entry.amountTenThousandths.map { Amount(tenThousandths: $0) }
        return (entry.priceID, price)
      }, uniquingKeysWith: { first, _ in first })
  }
}
