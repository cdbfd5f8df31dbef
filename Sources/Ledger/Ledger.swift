package import KindSupport
internal import Model
package import Postgres

/// The double-entry ledger of credits (seeds: Credit Ledger; Financial & Incentive Flows). One kind:
/// `Ledger`.
///
/// Entry file: `LedgerSpec.swift` for the kind, `LedgerStore.swift` for the store. An entry is a transfer
/// between two accounts; nothing else moves credits, so the sum of all balances is zero. Each account chains
/// its entries: a hash covers the account's hash before it, so an entry is in two chains. `accounts` caches
/// what the newest entry leaves (balance, number, hash) and what open holds reserve, so a balance is one row.
///
/// `SQL/` has the statements, and `SQL/execute.sql` the function that executes calls as one batch; the
/// function alone writes entries, holds and calls. Accounts are never deleted, so these tables need no
/// foreign keys. `LedgerCall` is one operation as a value. `LedgerGuards` rejects other changes in the
/// database, and `LedgerProof` detects them. `DailyExport` exports each day for reports, and `LedgerErasure`
/// removes a person's name. `LedgerAPI/` is what SQL of other modules may use: account names and ids, rates,
/// installation.
///
/// Must not import another kind's module. Tested in `Tests/LedgerTests` against a real server.
package enum Ledger {
  /// - Parameters:
  ///   - connector: Opens connections to the databases that `Database` resources offer.
  ///   - stores: Opens the destinations of exports.
  package static func kinds(connector: DatabaseConnector, stores: ExportStores) -> [Kind] {
    let backend = LedgerBackend(stores: stores) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    let claims = LedgerClaims(stateFolder: stores.stateFolder)
    return [
      Kind(
        LedgerSpec.self, planner: LedgerPlanner(), backend: backend,
        claims: { claims.claims(of: $0, in: $1) }, isMovable: true, export: LedgerExport.export)
    ]
  }

  /// The tables, for the databases that hold credits. The numbers are shared with the migrations of other
  /// modules for the same databases. Functions and triggers are not part of them: a `Ledger` resource
  /// installs those, and replaces them with each release.
  package static let migrations = [
    Migrations.Migration(number: 2, name: "ledger", sql: LedgerSQL.tables)
  ]
}
