package import KindSupport
internal import Model
package import Postgres

/// Credits, in double entry (seeds: Credit Ledger; Financial & Incentive Flows). One kind: `Ledger`.
///
/// Entry file: `LedgerSpec.swift`; the books themselves are `LedgerStore.swift`. A transfer takes from one account what it
/// gives to another; nothing else moves credits. `LedgerSchema` says what is kept, `LedgerGuards` what the database itself
/// refuses, `LedgerFunctions` has the operations, which take arrays so that many jobs commit as one, `LedgerCall` is one
/// operation as a value, `LedgerProof` finds whatever was changed behind the ledger's back. `DailyExport` writes each day
/// where reports are made, `LedgerErasure` removes a person's name.
///
/// Must not import another room. Tested in `Tests/LedgerTests` against a real server.
package enum Ledger {
  /// - Parameters:
  ///   - connector: leads from what a `Database` offers to connections.
  ///   - stores: lead from what an export names to the place.
  package static func kinds(connector: DatabaseConnector, stores: ExportStores) -> [Kind] {
    let backend = LedgerBackend(stores: stores) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    return [
      Kind(LedgerSpec.self, planner: LedgerPlanner(), backend: backend, export: LedgerExport.export)
    ]
  }

  /// The tables, for the databases that hold credits. Numbered together with the other rooms' migrations of the same
  /// databases. Functions and guards are no part of them: a `Ledger` brings those, and brings others with another release.
  package static let migrations = [
    Migrations.Migration(number: 2, name: "ledger", sql: LedgerSchema.tables)
  ]
}
