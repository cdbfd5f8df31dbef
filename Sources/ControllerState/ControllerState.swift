package import Postgres

/// The state of the controller in PostgreSQL: revisions, inventory, journal, conditions, events, leases and
/// the audit trail.
///
/// Entry file: `PostgresStateStore.swift`. Owns no kind. The tables are in a database of their own, beside
/// the databases that manifests declare. Statements are in `SQL/`; see `StateSQL.swift`. Must not import
/// Kinds, Ledger or Jobs. `Tests/ControllerStateTests` run the contract suite that the memory store passes
/// too.
package enum ControllerState {
  /// The name of the controller's database in its private server.
  package static let databaseName = "rendertrust"

  /// Number 2 belongs to the module Delivery, which shares the database.
  package static let migrations = [
    Migrations.Migration(number: 1, name: "controller-state", sql: StateSQL.tables),
    Migrations.Migration(number: 3, name: "leases", sql: StateSQL.leases),
    Migrations.Migration(number: 4, name: "quarantine", sql: StateSQL.quarantine),
    Migrations.Migration(number: 5, name: "audit-trail", sql: StateSQL.auditTrail),
    Migrations.Migration(number: 6, name: "api-tokens", sql: StateSQL.tokens),
    Migrations.Migration(number: 7, name: "step-effects", sql: StateSQL.stepEffects),
    Migrations.Migration(number: 8, name: "ownership", sql: StateSQL.ownership),
    Migrations.Migration(number: 9, name: "pending-changes", sql: StateSQL.pendingChanges),
    Migrations.Migration(number: 10, name: "data-identities", sql: StateSQL.dataIdentities),
    Migrations.Migration(number: 11, name: "pending-removals", sql: StateSQL.pendingRemovals),
  ]
}
