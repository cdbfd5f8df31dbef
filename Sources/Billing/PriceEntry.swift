package import Model

/// What one Stripe price gives, as one row of `price_map_entries` keeps it.
package struct PriceEntry: Hashable, Sendable, Codable {
  /// Stripe's Price ID, such as `price_pack10`.
  package let priceID: String
  /// What the buyer receives.
  package let credits: Credits
  /// What Stripe charges, in ten-thousandths of `currency`; nil when the manifest leaves it to Stripe.
  package let amountTenThousandths: Int64?
  /// ISO 4217 in lower case, as Stripe writes it.
  package let currency: String
  /// When the entry takes force; nil: as soon as it is recorded.
  package let effective: Timestamp?

  package init(
    _ priceID: String, credits: Credits, amountTenThousandths: Int64?, currency: String, effective: Timestamp?
  ) {
    self.priceID = priceID
    self.credits = credits
    self.amountTenThousandths = amountTenThousandths
    self.currency = currency
    self.effective = effective
  }

  package static func < (a: PriceEntry, b: PriceEntry) -> Bool { a.priceID < b.priceID }
}

/// The entries of one map that are current: recorded and not superseded.
package struct PriceMapObserved: Sendable, Equatable {
  /// Sorted by Price ID; empty where only `heldElsewhere` is worth telling.
  package let entries: [PriceEntry]
  /// Price IDs of the desired spec that are current in another map, with that map's name.
  package let heldElsewhere: [String: String]
  /// Price IDs, sorted, that are current in databases where the map was kept before.
  package let leftBehind: [ResourceID: [String]]
  /// Prices of the desired spec to which the environment gives other credits, sorted.
  package let environmentConflicts: [EnvironmentPrices.Conflict]
  /// What Stripe says against the prices of the desired spec, sorted.
  package let faults: [PriceFault]

  package init(
    entries: [PriceEntry], heldElsewhere: [String: String] = [:], leftBehind: [ResourceID: [String]] = [:],
    environmentConflicts: [EnvironmentPrices.Conflict] = [], faults: [PriceFault] = []
  ) {
    self.entries = entries
    self.heldElsewhere = heldElsewhere
    self.leftBehind = leftBehind
    self.environmentConflicts = environmentConflicts
    self.faults = faults
  }
}

/// What is written to the history of one map, in one transaction.
package enum PriceMapOperation: StepOperation {
  /// Opens `entries`, superseding what the map says about the same prices, and closes the prices of `close`.
  /// Entries that are current already are left alone, so that a repetition writes nothing.
  case write(entries: [PriceEntry], close: [String])
  /// Closes prices of the map in a database where it was kept before.
  case leave(ResourceID, close: [String])
}
