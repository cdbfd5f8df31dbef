package import KindSupport
package import Postgres

/// Work for the fabric (seeds: Global Scheduler; Traffic Flow). One kind: `Scheduler`.
///
/// Entry files: `Jobs/PostgresJobService.swift`, which creators and workers talk to, and `Selection/FleetIndex.swift`, which decides
/// where a job goes. Selection is pure: a value of the fleet, a job's needs, a `Decision` that explains itself. What is
/// decided is claimed in one transaction with the creator's credits (`JobRepository`), many jobs at a time, each with an outcome
/// of its own; what cannot run now waits in `pending_jobs`. `JobVerdict` says what becomes of a job when an attempt ends.
/// The database is the only thing that replicas share.
///
/// Imports `Ledger` because dispatching moves money. Tested in `Tests/SchedulingTests` against a real server.
package enum Scheduling {
  /// - Parameters:
  ///   - connector: leads from what a `Database` offers to connections.
  ///   - stateFolder: absolute; where relative folders for Kubernetes begin.
  package static func kinds(connector: DatabaseConnector, stateFolder: String) -> [Kind] {
    let backend = SchedulerBackend(stateFolder: stateFolder) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    return [
      Kind(
        SchedulerSpec.self, planner: SchedulerPlanner(), backend: backend, export: SchedulerExport.export)
    ]
  }

  /// The tables, for the databases that hold credits; numbered together with the other rooms' migrations.
  package static let migrations = [
    Migrations.Migration(number: 5, name: "scheduling", sql: SchedulingSchema.tables)
  ]
}
