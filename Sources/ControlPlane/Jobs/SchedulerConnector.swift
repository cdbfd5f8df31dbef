package import JobStore
import KindSupport
import Model
import Postgres
import Reconciling

/// Opens the schedulers that are applied in the environments of a state.
package struct SchedulerConnector: Sendable {
  private let store: any StateStore
  private let platform: Platform
  private let connector: DatabaseConnector
  private let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    store = state.store
    platform = state.platform
    connector = state.foundations.connector
    now = state.time.now
  }

  /// Runs `body` with the scheduler of an environment.
  package func withScheduler(
    of environment: String, _ body: (PostgresJobService) async throws -> Void
  ) async throws {
    guard let location = try await lookup(environment).location() else {
      throw OperationError.failed(
        "no Scheduler is applied in \(environment); add one to its manifests and apply them")
    }
    let service = jobService(try await pool(of: location))
    try await service.refresh()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      defer { group.cancelAll() }
      try await body(service)
    }
  }

  func lookup(_ environment: String) -> SchedulerLookup {
    SchedulerLookup(store, platform, environment: environment)
  }

  func pool(of location: SchedulerLocation) async throws(PostgresError) -> PostgresPool {
    try await connector.pool(for: location.address)
  }

  func jobService(_ pool: PostgresPool) -> PostgresJobService {
    PostgresJobService(pool, now: now, random: { .random(in: .min ... .max) })
  }
}
