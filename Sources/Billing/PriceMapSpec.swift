package import Manifests
package import Model

/// Stripe's Price IDs with their credits (seeds: Financial & Incentive Flows). Stored as history, so that the
/// credits of a price at any time are known.
package struct PriceMapSpec: ManifestSpec {
  package static let kind = "PriceMap"

  package var currency = CurrencyCode()
  package var prices: [String: PriceSpec] = [:]
  /// The time from which the prices are in force; nil: when they are recorded.
  package var effective: Timestamp?
  package var database: KindReference = PriceMapSpec.platform
  package var check: PriceCheckSpec?

  package init() {}

  package static let fields = Fields<Self>("The credits of Stripe prices") {
    Field("currency", \.currency, "The currency of the amounts", .example("usd"))
    Field("prices", \.prices, "By Stripe's Price ID: the credits and amount of a unit", .required, .nonEmpty)
    Field(
      "effective", \.effective, "The time from which the prices are in force; absent: when they are applied")
    Field("database", \.database, "The database of the prices", .refersTo("Database"))
    Field("check", \.check, "Checks that the prices exist, are active and have the declared amounts")
  }

  package func validate(_ report: inout FieldReport) {
    for (id, price) in prices.sorted(by: { $0.key < $1.key }) {
      if !PriceMapSpec.isPriceID(id) {
        report.error(
          at: "prices.\(id)", "‘\(id)’ is not a Price ID",
          hint: "copy it from Stripe, such as price_1PgafmB7WZ01zgkW; it contains only A–Z, a–z, 0–9 and `_`")
      }
      guard let amount = price.amount, !currency.takes(amount) else { continue }
      report.error(
        at: "prices.\(id).amount", "\(amount) has more decimal places than \(currency)",
        hint: currency.digits == 0
          ? "\(currency) has no smaller unit" : "write at most \(currency.digits) digits after the point")
    }
  }

  static func isPriceID(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
  }

  private static let platform: KindReference = "Database/platform"

  /// The entries of this spec, sorted by Price ID.
  package var entries: [PriceEntry] {
    prices.map { id, price in
      PriceEntry(
        id, credits: price.credits, amountTenThousandths: price.amount?.tenThousandths,
        currency: currency.description,
        effective: effective)
    }.sorted { $0.priceID < $1.priceID }
  }

  /// An entry as its price in the manifest.
  static func value(of entry: PriceEntry) -> Value {
    var price = PriceSpec()
    price.credits = entry.credits
    price.amount = entry.amountTenThousandths.map { Amount(tenThousandths: $0) }
    return price.manifestValue ?? .null
  }
}

package struct PriceSpec: ManifestObject {
  package var credits = Credits(micro: 0)
  package var amount: Amount?

  package init() {}

  package static let fields = Fields<Self>("The credits and amount of a unit") {
    Field(
      "credits", \.credits, "Credits that the buyer receives", .required, .above(Credits(micro: 0)),
      .example("100"))
    Field(
      "amount", \.amount, "The amount that Stripe charges, in the map's currency; for readers and checks",
      .min(Amount(tenThousandths: 0)), .example("10.00"))
  }
}
