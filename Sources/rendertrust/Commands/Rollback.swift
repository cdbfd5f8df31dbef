import ArgumentParser
import Model
import Planning
import Reconciling

struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match an earlier revision.",
    discussion: "A rollback is a plan towards an older revision, and becomes the newest revision itself.")

  @Argument(help: "The revision, as ‘history’ lists it; the one before the newest where it is left out.")
  var revision: Int64?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
  @OptionGroup var allowances: AllowanceOptions

  func run() async throws {
    try await Session.openForChange(
      state, showsPlan: true, as: "rollback", in: { try $0.environment(environment) }
    ) { session in
      let environment = try session.environment(environment)
      let newest = try await session.store.latestRevision(of: environment)?.number ?? 0
      let target = revision ?? newest - 1
      guard target >= 1, target < newest,
        let desired = try await session.store.desiredState(of: environment, at: target)
      else {
        throw CommandFailure.usage(
          newest < 2
            ? "there is no earlier revision of \(environment)"
            : "revision \(target) is none of the earlier ones of \(environment), 1 to \(newest - 1)")
      }
      let (preparation, allowances) = try await session.prepare(desired, allowances)
      let convergence = try await session.converge(
        preparation, by: .here("rollback to \(target)", allowances.words, as: .rollback), allowances)
      try Summary(convergence).report()
    }
  }
}
