package import Model

/// The credits of a Stripe price, as a row of `price_map_entries`.
package struct PriceEntry: Hashable, Sendable, Codable {
  /// Stripe's Price ID, such as `price_pack10`.
  package let priceID: String
  /// The credits that the buyer receives.
  package let credits: Credits
  /// The amount that Stripe charges, in ten-thousandths of `currency`; nil if the manifest does not declare
  /// it.
  package let amountTenThousandths: Int64?
  /// ISO 4217 in lower case, as Stripe writes it.
  package let currency: String
  /// The time from which the entry is in force; nil: when it is recorded.
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

/// The current entries of a map: recorded and not superseded.
package struct PriceMapObserved: Sendable, Equatable {
  /// Sorted by Price ID; may be empty if another property is not.
  package let entries: [PriceEntry]
  /// The entries of the former map of a resource that was renamed, sorted by Price ID.
  package let former: [PriceEntry]
  /// Price IDs of the desired spec that are current in a map other than the former one, with that map's name.
  package let heldElsewhere: [String: String]
  /// Price IDs, sorted, that are current in former databases of the map.
  package let leftBehind: [ResourceID: [String]]
  /// Prices of the desired spec that have other credits in the environment, sorted.
  package let environmentConflicts: [EnvironmentPrices.Conflict]
  /// The faults that Stripe reports of prices of the desired spec, sorted.
  package let faults: [PriceFault]

  package init(
    entries: [PriceEntry], former: [PriceEntry] = [], heldElsewhere: [String: String] = [:],
    leftBehind: [ResourceID: [String]] = [:],
    environmentConflicts: [EnvironmentPrices.Conflict] = [], faults: [PriceFault] = []
  ) {
    self.entries = entries
    self.former = former
    self.heldElsewhere = heldElsewhere
    self.leftBehind = leftBehind
    self.environmentConflicts = environmentConflicts
    self.faults = faults
  }
}

/// A change of the history of one map, in one transaction.
package enum PriceMapOperation: StepOperation {
  /// Opens `entries`, which supersede the map's current entries of the same prices, and closes the prices of
  /// `close`. Equal current entries stay, so that a repetition writes nothing.
  case write(entries: [PriceEntry], close: [String])
  /// Gives all entries of the former map the name of this one, with their history.
  case rename(from: String)
  /// Closes prices of the map in a former database.
  case leave(ResourceID, close: [String])
}
