import ArgumentParser
import Model
import Planning
import Reconciling

struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match an earlier revision.",
    discussion: """
      A rollback is a plan towards an older revision, and becomes the newest revision itself. The revisions that it \
      leaves are quarantined: ‘up’ does not apply their manifests again, but goes on with the next others. ‘apply’ of \
      such manifests lifts that.
      """)

  @Argument(help: "The revision, as ‘history’ lists it; the one before the newest where it is left out.")
  var revision: Int64?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
  @OptionGroup var allowances: AllowanceOptions

  func run() async throws {
    try await Session.openForChange(state, showsPlan: true, as: "rollback", in: .chosen(environment)) {
      session in
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
      session.progress.summariseLater()
      let authorship = Authorship.here("rollback to \(target)", allowances.words, as: .rollback)
      _ = try await session.engine.liftQuarantine(of: desired, by: authorship)
      let left = try await session.engine.leaveRevisions(after: target, for: desired, by: authorship)
      let convergence = try await session.converge(preparation, by: authorship, allowances)
      let numbers = left.map { String($0.revision) }.sorted().joined(separator: ", ")
      if !left.isEmpty {
        Output.print(
          "Quarantined: revision\(left.count == 1 ? "" : "s") \(numbers). ‘up’ does not apply "
            + "\(left.count == 1 ? "it" : "them") again; ‘apply’ would lift that.")
      }
      try Summary(convergence).report()
    }
  }
}
