package import Postgres

/// What the controller remembers, in PostgreSQL: revisions, inventory, journal, conditions and events.
///
/// Entry file: `PostgresStateStore.swift`. Owns no kind; it is a room of `Components` because it stands on a driver.
/// The tables live in a database of their own, beside those that manifests declare. Must not import another
/// component. Tested by the contract suite that the memory store passes too, in `Tests/ControllerStateTests`.
package enum ControllerState {
  /// The name of the controller's database in its private server.
  package static let databaseName = "rendertrust"

  package static let migrations = [
    Migrations.Migration(number: 1, name: "controller-state", sql: StateSchema.first),
    Migrations.Migration(number: 3, name: "leases", sql: StateSchema.leases),
    Migrations.Migration(number: 4, name: "quarantine", sql: StateSchema.quarantine),
    Migrations.Migration(number: 5, name: "audit-trail", sql: StateSchema.auditTrail),
    Migrations.Migration(number: 6, name: "api-tokens", sql: StateSchema.tokens),
  ]
}
