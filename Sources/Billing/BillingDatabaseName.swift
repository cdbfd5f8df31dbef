package import Model

/// Selects the database of an environment's purchases: the Ledger's, because prices, purchases and credits
/// change in one transaction. Pure.
package enum BillingDatabaseName {
  package static let standard = ResourceID(kind: "Database", name: "platform")

  /// - Parameters:
  ///   - maps: The databases of PriceMaps.
  ///   - ledgers: The databases of Ledgers.
  /// - Throws: `billing.databases` if prices and credits are in different databases.
  package static func database(
    maps: some Sequence<ResourceID>, ledgers: some Sequence<ResourceID>
  ) throws(BackendError) -> ResourceID {
    let (maps, ledgers) = (Set(maps).sorted(), Set(ledgers).sorted())
    func apart(_ what: String, _ databases: [ResourceID]) -> BackendError {
      BackendError(
        code: "billing.databases",
        "\(what) are in \(databases.map(\.description).joined(separator: " and ")), "
          + "but purchases need one database",
        hint: "keep the Ledger and all PriceMaps of an environment in one database", retry: .afterChange)
    }
    guard maps.count < 2 else { throw apart("PriceMaps", maps) }
    guard let map = maps.first else {
      guard ledgers.count < 2 else { throw apart("Ledgers", ledgers) }
      return ledgers.first ?? standard
    }
    guard ledgers.isEmpty || ledgers.contains(map) else {
      throw apart("PriceMaps and the Ledger", [map] + ledgers)
    }
    return map
  }
}
