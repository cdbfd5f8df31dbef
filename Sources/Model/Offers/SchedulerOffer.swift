/// A scheduler that gives jobs to modules. Offered by `Scheduler`.
package struct SchedulerOffer: Sendable, Equatable {
  /// The `Database` that has its jobs.
  package let database: ResourceID

  package init(database: ResourceID) { self.database = database }
}
