package import Postgres

/// Jobs in PostgreSQL: orders, dispatching, reports, heartbeats and cancellation, each in one transaction for
/// many calls.
///
/// Entry file: `PostgresJobService.swift`, which implements `JobService` and `WorkerAPI`.
/// `SchedulerLoop.swift` dispatches what waits, ends what is overdue and settles what was used.
/// `JobRepository` holds the transactions. Any number of processes may use one database; it is the only state
/// that they share. `FleetCache` is a process's copy of the fleet, which it decides on; the transaction that
/// follows checks the decision under locks.
///
/// Imports `Ledger` because dispatching moves credits. Must not import a kind, a container driver or
/// `NodeRunner`. Tested in `Tests/JobStoreTests` against a real server, with replicas that are killed.
package enum JobStore {
  /// The tables, for the databases that hold credits; numbered together with the migrations of the other
  /// modules.
  package static let migrations = [
    Migrations.Migration(number: 5, name: "scheduling", sql: JobStoreSQL.tables),
    Migrations.Migration(number: 6, name: "drains", sql: JobStoreSQL.drains),
  ]
}
