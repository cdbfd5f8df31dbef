package import JobStore
import Postgres
import Reconciling

extension Session {
  /// Runs `body` with the scheduler of an environment.
  package func withScheduler(
    of environment: String, _ body: (PostgresJobService) async throws -> Void
  ) async throws {
    let service = try await openScheduler(of: environment)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      defer { group.cancelAll() }
      try await body(service)
    }
  }

  private func openScheduler(of environment: String) async throws -> PostgresJobService {
    guard let place = try await SchedulerLookup(self, environment).place() else {
      throw OperationError.failed(
        "no Scheduler is applied in \(environment); add one to its manifests and apply them")
    }
    let service = jobService(try await foundations.connector.pool(for: place.address))
    try await service.refresh()
    return service
  }
}
