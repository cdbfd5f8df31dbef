package import KindSupport
internal import Manifests
internal import Model
package import Postgres

/// The kind `Scheduler` (seeds: Global Scheduler): how jobs are placed, how many schedulers run, and which
/// nodes and modules they know.
///
/// Entry file: `SchedulerSpec.swift`. `SchedulerPlanner` compares the manifests of nodes and modules with the
/// tables of schedulers, `SchedulerBackend` reads and writes them through `SchedulerStore`. `KEDAManifest` is
/// the file for Kubernetes.
///
/// Imports `Ledger` to open the accounts that nodes and modules earn into. Tested in
/// `Tests/SchedulerKindTests` with planner tables and against a real server.
package enum SchedulerKind {
  /// - Parameters:
  ///   - connector: opens the databases that `Database` resources offer.
  ///   - stateFolder: absolute; relative folders for Kubernetes begin there.
  package static func kinds(connector: DatabaseConnector, stateFolder: String) -> [Kind] {
    let backend = SchedulerBackend(stateFolder: stateFolder) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    let claims = SchedulerClaims(stateFolder: stateFolder)
    return [
      Kind(
        SchedulerSpec.self, planner: SchedulerPlanner(), backend: backend,
        offer: { .scheduler(SchedulerOffer(database: $0.spec.database.id)) },
        claims: { claims.claims(of: $0, in: $1) }, isMovable: true, export: SchedulerExport.export)
    ]
  }
}
