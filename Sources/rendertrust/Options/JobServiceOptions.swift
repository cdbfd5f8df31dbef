import ArgumentParser
import ControlPlane
import JobModel
import JobStore
import Model
import Reconciling

/// Selects the scheduler of a command.
struct JobServiceOptions: ParsableArguments {
  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions
}

/// The job service of a command, and the user who runs it.
struct OpenJobService: Sendable {
  let desk: any JobService
  let time: TimeSource
  /// For the record: `user@host`.
  let person: String

  /// - Throws: the scheduler's error as the error of the command.
  func ask<Answer>(
    _ question: (any JobService) async throws(JobError) -> Answer
  ) async throws(OperationError) -> Answer {
    do throws(JobError) {
      return try await question(desk)
    } catch {
      throw OperationError(error)
    }
  }
}

extension Session {
  /// Opens the scheduler of an environment, in this process or on a server, and closes it after `body`.
  static func withJobs(_ options: JobServiceOptions, _ body: @Sendable (OpenJobService) async throws -> Void)
    async throws
  {
    let person = Authorship.here("job", []).actor
    switch try options.place.place() {
    case .server(let server):
      guard options.environment.environment == nil else {
        throw OperationError.usage(
          "a server’s jobs are those of its own environment: leave --environment out")
      }
      try await server.connected { transport in
        try await body(
          OpenJobService(desk: RemoteJobService(transport: transport), time: .real, person: person))
      }
    case .here(let state):
      try await open(state) { session in
        let environment = try session.environment(options.environment)
        try await session.withScheduler(of: environment) { service in
          try await body(OpenJobService(desk: service, time: session.engine.time, person: person))
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
