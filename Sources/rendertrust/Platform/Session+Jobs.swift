import ArgumentParser
import Model
import Reconciling
import Scheduling

/// Whose scheduler a command means.
struct DeskOptions: ParsableArguments {
  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
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
  /// Opens the state and the scheduler of an environment, and closes them again.
  static func withJobs(_ options: DeskOptions, _ body: (OpenDesk) async throws -> Void) async throws {
    try await open(options.state) { session in
      let environment = try session.environment(options.environment)
      let person = Authorship.here("job", []).actor
      try await body(
        OpenDesk(
          desk: try await session.jobDesk(in: environment), time: session.engine.time, person: person))
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
