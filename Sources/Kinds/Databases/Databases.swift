package import KindSupport
internal import Model
package import Postgres

/// The kind `Database`: the databases of the platform (seeds: Deployment).
///
/// A database is in the controller's private server or in an external one. The private server also holds the
/// controller's own state in the database `rendertrust`. This module creates and drops databases of the
/// private server, applies the platform's migrations to either, and keeps roles and their privileges as
/// declared. Other kinds reach a database through its offer, an address.
///
/// Migrations belong to the modules whose tables they create; `ControlPlane` collects them. Their numbers are
/// unique across modules. Each is applied once, in its own transaction, and never reverted: the planner
/// refuses to go back. Roles of the private server need no password, because only its user can access the
/// socket's folder. The comments of databases and roles name their owner: a database or role of another
/// owner, or of none, is never changed or dropped. A database that was created by hand is adopted where the
/// manifest has the annotation `rendertrust.com/adopts: NAME`.
///
/// Entry file: `DatabaseSpec.swift`. Must not import another kind. Tested in `Tests/DatabasesTests`: planner
/// tables, and the backend against a real server.
package enum Databases {
  /// - Parameter migrations: those of all modules with tables in a declared database, in any order.
  /// - Throws: `.migration` where two have the same number.
  package static func kinds(
    connector: DatabaseConnector, migrations: [Migrations.Migration]
  ) throws(PostgresError) -> [Kind] {
    let backend = try DatabaseBackend(migrations: migrations) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    let export = DatabaseExport(newest: migrations.map(\.number).max() ?? 0)
    return [
      Kind(
        DatabaseSpec.self, planner: DatabasePlanner(migrations: migrations), backend: backend,
        offer: { resource in
          .database(DatabaseOffer(address: resource.spec.address(of: resource.id)))
        }, claims: { resource, _ in DatabaseClaims.claims(of: resource) }, isMovable: true,
        importing: { await export.find($0, $1, by: backend) }, export: { export.export($0, $1, $2) })
    ]
  }
}
