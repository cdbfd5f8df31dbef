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

  /// Calls the service.
  /// - Throws: the scheduler's error as the error of the command.
  func call<Answer>(
    _ body: (any JobService) async throws(JobError) -> Answer
  ) async throws(OperationError) -> Answer {
    do throws(JobError) {
      return try await body(service)
    } catch {
      throw OperationError(error)
    }
  }
}

extension OpenJobService {
  /// Opens the scheduler of an environment, in this process or on a server, and closes it after `body`.
  static func open(
    _ options: EnvironmentOptions, _ body: @Sendable (OpenJobService) async throws -> Void
  ) async throws {
    let person = Authorship.localActor
    switch try options.connection.target() {
    case .server(let server):
      guard options.name == nil else {
        throw OperationError.usage("a server has the jobs of its own environment: omit --environment")
      }
      try await server.connected { transport in
        try await body(
          OpenJobService(service: RemoteJobService(transport: transport), time: .real, person: person))
      }
    case .local(let location):
      try await StateSession.open(location) { state in
        let environment = try await state.environments.resolve(options.name)
        try await SchedulerConnector(state).withScheduler(of: environment) { service in
          try await body(OpenJobService(service: service, time: state.time, person: person))
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
