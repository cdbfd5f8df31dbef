package import Model

/// Which database an environment's purchases are in: the Ledger's, because prices, purchases and credits move in one
/// transaction. Pure.
package enum BillingDatabaseName {
  package static let standard = ResourceID(kind: "Database", name: "platform")

  /// - Parameters:
  ///   - maps: the databases that PriceMaps are kept in.
  ///   - ledgers: the databases that Ledgers are kept in.
  /// - Throws: `billing.databases` where prices and credits are apart.
  package static func database(
    maps: some Sequence<ResourceID>, ledgers: some Sequence<ResourceID>
  ) throws(BackendError) -> ResourceID {
    let (maps, ledgers) = (Set(maps).sorted(), Set(ledgers).sorted())
    func apart(_ what: String, _ databases: [ResourceID]) -> BackendError {
      BackendError(
        code: "billing.databases",
        "\(what) are kept in \(databases.map(\.description).joined(separator: " and ")), and purchases have one place",
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
