import ArgumentParser
import Billing
import Model
import Planning
import Reconciling

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match the manifests, once.",
    discussion: """
      Takes files and folders with manifests, or a plan kept by ‘plan --out’, which is refused when the manifests or \
      the world changed since. What fails does not stop what does not depend on it, unless --atomic is given.

      Exit codes: 0 all is as declared, 1 something failed or is not done, 2 invalid manifests, 4 a guard holds \
      something back.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions
  @OptionGroup var allowances: AllowanceOptions

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "All or nothing: when something fails, go back to the revision before.",
      discussion: """
        Nothing new is begun after a failure, and the failed manifests are quarantined. What was destroyed on the way \
        does not come back; it is named.
        """))
  var atomic = false

  @Option(name: .shortAndLong, help: "How to print what came of it: text or json.")
  var output = OutputFormat.text

  func validate() throws {
    guard output == .text || output == .json else { throw ValidationError("apply prints text or json") }
  }

  func run() async throws {
    let saved = try savedPlan()
    let paths = saved?.manifests ?? manifests.paths
    let desired = try Platform.schemasOnly().load(paths)
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await Session.openForChange(state, showsPlan: true, as: "apply", in: .named(desired.environment)) {
      session in
      session.progress.summariseLater(isForPrograms: output == .json)
      let (preparation, allowances) = try await session.prepare(
        desired, allowances, as: saved.map { ($0, from: manifests.paths[0]) })
      let authorship = Authorship.here(
        "apply", paths + (atomic ? ["--atomic"] : []) + allowances.words)
      if atomic { try refuseHalf(of: preparation.plan) }
      _ = try await session.engine.liftQuarantine(of: desired, by: authorship)
      if atomic {
        let end = try await session.convergeAtomically(preparation, by: authorship, allowances)
        try AtomicSummary(end).report(as: output)
      } else {
        let convergence = try await session.converge(preparation, by: authorship, allowances)
        try report(convergence, of: preparation.plan)
      }
    }
  }

  private func report(_ convergence: Engine.Convergence, of plan: Plan) throws {
    let report = ApplyReport(convergence)
    if output == .json {
      Output.write(report.value.prettyJSON)
      guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    } else if plan.hasChanges || !convergence.findings.values.allSatisfy(\.status.isReady) {
      // Else the plan, which was shown, said already that there is nothing to do.
      try Summary(report).report()
    }
  }

  /// As a whole means that nothing is begun where it is known that something cannot be done.
  private func refuseHalf(of plan: Plan) throws {
    let obstacles = plan.resources.filter { [.blocked, .invalid, .unknown].contains($0.outcome) }
    guard !obstacles.isEmpty else { return }
    if output == .text { Output.write(plan.text(style: Output.style, width: Output.width)) }
    let names = obstacles.map { "\($0.id) (\($0.outcome.rawValue))" }.joined(separator: ", ")
    let message =
      "nothing was begun, because --atomic applies all or nothing and this cannot be done: \(names)"
    throw obstacles.contains { $0.outcome == .blocked }
      ? CommandFailure.blocked(message) : CommandFailure.failed(message)
  }

  private func savedPlan() throws -> SavedPlan? {
    guard manifests.paths.count == 1, let path = manifests.paths.first,
      path.hasSuffix(".plan") || path.hasSuffix(".json")
    else { return nil }
    do {
      return try SavedPlan(text: try Files.read(path))
    } catch let error as PlanError {
      throw CommandFailure.usage("\(path): \(error)")
    }
  }
}
