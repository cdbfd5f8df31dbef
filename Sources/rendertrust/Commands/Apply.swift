import ArgumentParser
import Billing
import ControlPlane
import Manifests
import Model
import Planning
import Reconciling

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply manifests or a saved plan once.",
    discussion: """
      Takes files and folders with manifests, or a plan saved by ‘plan --out’. A saved plan is refused if \
      the manifests or the observed resources changed since. Without --atomic, a failed step stops only the \
      steps that depend on it.

      Exit codes: 0 every resource is as declared, 1 a step failed or a resource is not ready, 2 invalid \
      manifests, 4 blocked by a guard.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var allowances: AllowanceOptions

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Apply all changes or none: restore the previous revision on failure.",
      discussion: """
        After a failure no further step starts, and the failed manifests are quarantined. Destroyed data is \
        not restored; the output names it.
        """))
  var atomic = false

  @OptionGroup var overriding: OverrideOptions

  @Option(name: .shortAndLong, help: "Output format of the result.")
  var output = DocumentFormat.text

  func run() async throws {
    let saved = try savedPlan()
    switch try connection.target() {
    case .local(let state): try await apply(saved, on: state)
    case .server(let server): try await apply(saved, through: server)
    }
  }

  private func apply(_ saved: SavedPlan?, on state: StateOptions) async throws {
    let paths = saved?.manifests ?? manifests.paths
    let desired = try Platform.schemasOnly().desiredState(at: paths)
    try EnvironmentPrices.refuseConflicts(in: desired)
    let order = ApplyOrder(
      desired: desired, paths: paths, permissions: Permissions(allowances),
      saved: saved.map { ($0, from: manifests.paths[0]) }, isAtomic: atomic, author: .local)
    try await StateSession.open(state, showsPlan: true) { state in
      try await state.changes.withLeases(of: desired.environment, as: "apply") { executor in
        executor.reporter.summariseLater(isForPrograms: output == .json)
        try print(try await order.perform(with: executor))
      }
    }
  }

  private func apply(_ saved: SavedPlan?, through server: RemoteServer) async throws {
    let paths = saved?.manifests ?? manifests.paths
    var body = Permissions(allowances).members
    body["manifests"] = try Platform.schemasOnly().bundle(paths).value
    body["paths"] = .array(paths.map(Value.string))
    body["commit"] = paths.first.flatMap { GitHead.commit(of: $0) }.map(Value.string)
    if atomic { body["atomic"] = .bool(true) }
    if overriding.overrideFolder { body["overrideFolder"] = .bool(true) }
    if let saved {
      body["saved"] = try? Value(json: saved.text)
      body["savedFrom"] = .string(manifests.paths[0])
    }
    try print(
      try await server.change("/api/v1/apply", .object(body), in: nil, isForPrograms: output == .json))
  }

  private func print(_ change: ChangeReport) throws {
    if let atomic = change.atomic { return try AtomicSummary(atomic).report(as: output) }
    let report = change.report
    if output == .json {
      Output.write(report.value.prettyJSON)
      guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    } else if change.hasFindings {
      try Summary(report).report()
    }
  }

  /// Nil if the arguments are manifests.
  private func savedPlan() throws -> SavedPlan? {
    if overriding.overrideFolder, case .local = try connection.target() {
      throw CommandFailure.usage("--override-folder requires --server")
    }
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

/// For a server that follows a folder of manifests.
struct OverrideOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: ArgumentHelp(
      "With --server: apply even if the server follows a manifest folder.",
      discussion: "The change lasts until the next change of that folder or the next start of the server."))
  var overrideFolder = false
}
