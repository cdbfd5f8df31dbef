package import KindSupport
internal import Model
package import Postgres

/// The databases of the platform (seeds: Deployment). One kind: `Database`.
///
/// Entry file: `DatabaseSpec.swift`. A database is in the controller's private server, which the program starts before
/// anything else and which also holds the controller's own state in `rendertrust`, or in a server that somebody else
/// runs. This room makes and drops databases of the private server, applies the platform's migrations to either, and
/// keeps roles and their privileges as declared. Other kinds reach a database through what it offers, its address.
///
/// Migrations belong to the rooms whose tables they make; the program gathers them and hands them over. They are
/// numbered across rooms, each applied once in a transaction of its own, and never undone: a planner that would have
/// to go back refuses. Inside the private server roles need no password, because only its user can enter the folder of
/// its socket. A role carries the resource that made it in its comment, so that roles of others are left alone.
///
/// Must not import another room. Tested in `Tests/DatabasesTests`: planner tables, and the backend against a real
/// server.
package enum Databases {
  /// - `migrations`: those of all rooms whose tables live in a declared database, in any order.
  /// - Throws `.migration` when two have the same number.
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
        }, importing: { await export.find($0, $1, by: backend) }, export: { export.export($0, $1, $2) })
    ]
  }
}
