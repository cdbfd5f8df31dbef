package import KindSupport
internal import Model
package import Postgres

/// Prices of credits and purchases through Stripe (seeds: Financial & Incentive Flows). One kind: `PriceMap`.
///
/// Entry file: `PriceMapSpec.swift`. The prices are in a declared `Database`, in `price_map_entries`, as
/// history: a change supersedes the current row and inserts another, a removal only supersedes, nothing is
/// overwritten. A row is current while `superseded_at` is NULL, and in force from the later of
/// `effective_from` and `recorded_at` until `superseded_at`. A unique index ensures that a Price ID is
/// current in at most one map. `PriceMapStore.swift` reads ten thousand maps with one query and changes a map
/// with one statement.
///
/// `StripeWebhook.swift` verifies the signature of an event, then `BillingStore` processes the event in one
/// transaction with the ledger's entries. An event that cannot be processed becomes a `DeadLetter`, which an
/// operator replays or dismisses. `BillingDatabaseName.swift` selects the database, `EnvironmentPrices.swift`
/// is the other source of prices, `PriceCheck.swift` compares prices with Stripe. `SQL/` has the longer
/// statements.
///
/// Must not import a container driver or a kind's module other than `Ledger`. Tested in `Tests/BillingTests`:
/// planner tables, a property over generated maps, the backend against a real server, the webhook over a real
/// socket with a fake Stripe, and a property over deliveries in any order.
package enum Billing {
  /// - Parameters:
  ///   - connector: Opens connections to the databases that `Database` resources offer.
  ///   - environmentPrices: The prices of the process environment.
  ///   - clients: Makes clients of Stripe for maps that check their prices.
  package static func kinds(
    connector: DatabaseConnector, environmentPrices: EnvironmentPrices, clients: @escaping PriceCheck.Clients
  ) -> [Kind] {
    let backend = PriceMapBackend(environmentPrices: environmentPrices, check: PriceCheck(clients: clients)) {
      address throws(PostgresError) in try await connector.pool(for: address)
    }
    let importing = PriceMapImport { address throws(PostgresError) in try await connector.pool(for: address) }
    return [
      Kind(
        PriceMapSpec.self, planner: PriceMapPlanner(), backend: backend,
        claims: { PriceMapClaims.claims(of: $0, in: $1) }, isMovable: true,
        importing: { await importing.find($0, $1) }, export: PriceMapExport.export)
    ]
  }

  /// The tables, for the databases that a `PriceMap` names. The numbers are shared with the migrations of
  /// other modules for the same databases.
  package static let migrations = [
    Migrations.Migration(number: 1, name: "price-map-entries", sql: BillingSQL.priceMapEntries),
    Migrations.Migration(number: 3, name: "billing", sql: BillingSQL.tables),
    Migrations.Migration(number: 4, name: "billing-modes", sql: BillingSQL.modes),
  ]
}
