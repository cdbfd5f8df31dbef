package import Postgres

/// Work for the fabric (seeds: Global Scheduler; Traffic Flow). One kind: `Scheduler`.
///
/// Entry files: `Jobs/JobService.swift`, which creators and workers talk to, and `Selection/FleetIndex.swift`, which decides
/// where a job goes. Selection is pure: a value of the fleet, a job's needs, a `Decision` that explains itself. What is
/// decided is claimed in one transaction with the creator's credits (`JobBooks`), many jobs at a time, each with an outcome
/// of its own; what cannot run now waits in `pending_jobs`. `JobVerdict` says what becomes of a job when an attempt ends.
/// The database is the only thing that replicas share.
///
/// Imports `Ledger` because dispatching moves money. Tested in `Tests/SchedulingTests` against a real server.
package enum Scheduling {
  /// The tables, for the databases that hold credits; numbered together with the other rooms' migrations.
  package static let migrations = [
    Migrations.Migration(number: 5, name: "scheduling", sql: SchedulingSchema.tables)
  ]
}
