import ArgumentParser
import Model
import Reconciling
import Scheduling

/// Whose scheduler a command means.
struct DeskOptions: ParsableArguments {
  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: PlaceOptions
}

/// Where a command comes with jobs, and who comes.
struct OpenDesk: Sendable {
  let desk: any JobDesk
  let time: TimeSource
  /// For the record: `user@host`.
  let person: String

  /// - Throws: what the scheduler says, as a failure of the command.
  func ask<Answer>(
    _ question: (any JobDesk) async throws(JobError) -> Answer
  ) async throws(CommandFailure) -> Answer {
    do throws(JobError) {
      return try await question(desk)
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension Session {
  /// Opens the state and the scheduler of an environment, and closes them again; or asks a server for its own.
  static func withJobs(_ options: DeskOptions, _ body: (OpenDesk) async throws -> Void) async throws {
    let person = Authorship.here("job", []).actor
    switch try options.place.place() {
    case .here(let state):
      try await open(state) { session in
        let environment = try session.environment(options.environment)
        try await body(
          OpenDesk(
            desk: try await session.jobDesk(in: environment), time: session.engine.time, person: person))
      }
    case .server(let server):
      guard options.environment.environment == nil else {
        throw CommandFailure.usage(
          "a server’s jobs are those of the environment that it keeps: leave --environment out")
      }
      try await server.connected { transport in
        try await body(OpenDesk(desk: RemoteJobDesk(transport: transport), time: .real, person: person))
      }
    }
  }

  /// The scheduler of an environment.
  func jobDesk(in environment: String) async throws(CommandFailure) -> any JobDesk {
    throw .failed("there is no scheduler in \(environment)")
  }
}

extension CommandFailure {
  /// What the user wrote wrongly is 2, everything else 1.
  init(_ error: JobError) {
    self = error.code == .invalid ? .usage(error.description) : .failed(error.description)
  }
}
