import ArgumentParser
import ControlPlane
import JobModel
import JobStore
import Model
import Reconciling

/// The job service of a command, and the user who runs it.
struct OpenJobService: Sendable {
  let service: any JobService
  let time: TimeSource
  /// For the record: `user@host`.
  let person: String

  /// - Throws: the scheduler's error as the error of the command.
  func ask<Answer>(
    _ call: (any JobService) async throws(JobError) -> Answer
  ) async throws(OperationError) -> Answer {
    do throws(JobError) {
      return try await call(service)
    } catch {
      throw OperationError(error)
    }
  }
}

extension Session {
  /// Opens the scheduler of an environment, in this process or on a server, and closes it after `body`.
  static func withJobs(_ options: EnvironmentOptions, _ body: @Sendable (OpenJobService) async throws -> Void)
    async throws
  {
    let person = Authorship.here("job", []).actor
    switch try options.connection.place() {
    case .server(let server):
      guard options.environment.environment == nil else {
        throw OperationError.usage(
          "a server’s jobs are those of its own environment: leave --environment out")
      }
      try await server.connected { transport in
        try await body(
          OpenJobService(service: RemoteJobService(transport: transport), time: .real, person: person))
      }
    case .here(let state):
      try await open(state) { session in
        let environment = try session.environment(options.environment)
        try await session.withScheduler(of: environment) { service in
          try await body(OpenJobService(service: service, time: session.engine.time, person: person))
        }
      }
    }
  }
}

extension OperationError {
  /// An invalid order is a usage error; every other error of the scheduler is a failure.
  init(_ error: JobError) {
    self = error.code == .invalid ? .usage(error.description) : .failed(error.description)
  }
}
