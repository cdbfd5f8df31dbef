package import Manifests
package import Model

/// Stripe's Price IDs and the credits that each gives (seeds: Financial & Incentive Flows). Kept as history: what a
/// price gave at any time can be told afterwards.
package struct PriceMapSpec: ManifestSpec {
  package static let kind = "PriceMap"

  package var currency = CurrencyCode()
  package var prices: [String: PriceSpec] = [:]
  /// When the prices take force; nil: as soon as they are recorded.
  package var effective: Timestamp?
  package var database: KindReference = PriceMapSpec.platform
  package var check: PriceCheckSpec?

  package init() {}

  package static let fields = Fields<Self>("Which credits a Stripe price gives") {
    Field("currency", \.currency, "What the amounts are in", .example("usd"))
    Field("prices", \.prices, "By Stripe's Price ID: what one purchase gives and costs", .required, .nonEmpty)
    Field("effective", \.effective, "When the prices take force; absent: as soon as they are applied")
    Field("database", \.database, "Where the prices are kept", .refersTo("Database"))
    Field("check", \.check, "Ask whether the prices exist, are active and cost what is declared")
  }

  package func validate(_ report: inout FieldReport) {
    for (id, price) in prices.sorted(by: { $0.key < $1.key }) {
      if !PriceMapSpec.isPriceID(id) {
        report.error(
          at: "prices.\(id)", "‘\(id)’ is no Price ID",
          hint: "copy it from Stripe; it has letters, digits and `_` only, such as price_1PgafmB7WZ01zgkW")
      }
      guard let amount = price.amount, !currency.takes(amount) else { continue }
      report.error(
        at: "prices.\(id).amount", "\(amount) has more digits than \(currency) has",
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

  /// The rows that stand for this spec, sorted by Price ID.
  package var entries: [PriceEntry] {
    prices.map { id, price in
      PriceEntry(
        id, credits: price.credits, amountTenThousandths: price.amount?.tenThousandths,
        currency: currency.description,
        effective: effective)
    }.sorted { $0.priceID < $1.priceID }
  }

  /// A row as its price stands in the manifest.
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

  package static let fields = Fields<Self>("What one purchase gives and costs") {
    Field(
      "credits", \.credits, "Credits that the buyer receives", .required, .above(Credits(micro: 0)),
      .example("100"))
    Field(
      "amount", \.amount, "What Stripe charges, in the map's currency; for people and for checks",
      .min(Amount(tenThousandths: 0)), .example("10.00"))
  }
}
