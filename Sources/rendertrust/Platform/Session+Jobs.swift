import ArgumentParser
import JobModel
import JobStore
import Model
import Postgres
import Reconciling

/// Where a command comes with jobs, and who comes.
struct OpenJobService: Sendable {
  let service: any JobService
  let time: TimeSource
  /// For the record: `user@host`.
  let person: String

  /// - Throws: what the scheduler says, as a failure of the command.
  func ask<Answer>(
    _ call: (any JobService) async throws(JobError) -> Answer
  ) async throws(CommandFailure) -> Answer {
    do throws(JobError) {
      return try await call(service)
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension Session {
  /// Opens the scheduler of an environment, here or through a server, and closes it again.
  static func withJobs(_ options: EnvironmentOptions, _ body: @Sendable (OpenJobService) async throws -> Void)
    async throws
  {
    let person = Authorship.here("job", []).actor
    switch try options.connection.place() {
    case .server(let server):
      guard options.environment.environment == nil else {
        throw CommandFailure.usage(
          "a server’s jobs are those of the environment that it keeps: leave --environment out")
      }
      try await server.connected { transport in
        try await body(
          OpenJobService(service: RemoteJobService(transport: transport), time: .real, person: person))
      }
    case .here(let state):
      try await open(state) { session in
        let environment = try session.environment(options.environment)
        let service = try await session.openScheduler(of: environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await service.run() }
          defer { group.cancelAll() }
          try await body(OpenJobService(service: service, time: session.engine.time, person: person))
        }
      }
    }
  }

  private func openScheduler(of environment: String) async throws -> PostgresJobService {
    guard let place = try await SchedulerLookup(self, environment).place() else {
      throw CommandFailure.failed(
        "no Scheduler is applied in \(environment); add one to its manifests and apply them")
    }
    let service = jobService(try await foundations.connector.pool(for: place.address))
    try await service.refresh()
    return service
  }
}

extension CommandFailure {
  /// What the user wrote wrongly is 2, everything else 1.
  init(_ error: JobError) {
    self = error.code == .invalid ? .usage(error.description) : .failed(error.description)
  }
}
