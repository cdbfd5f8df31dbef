/// The processes that a server starts and restarts.
package struct ChildNumbers: Hashable, Sendable {
  /// Nil while the private PostgreSQL is not used.
  package let isPostgresUp: Bool?
  package let postgresRestarts: Int
  /// Scheduler processes that run.
  package let schedulers: Int
  /// Scheduler processes that exited without a request.
  package let schedulerCrashes: Int

  package init(isPostgresUp: Bool?, postgresRestarts: Int, schedulers: Int, schedulerCrashes: Int) {
    self.isPostgresUp = isPostgresUp
    self.postgresRestarts = postgresRestarts
    self.schedulers = schedulers
    self.schedulerCrashes = schedulerCrashes
  }
}
