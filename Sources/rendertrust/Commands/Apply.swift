import ArgumentParser
import Billing
import ControlPlane
import Manifests
import Model
import Planning
import Reconciling

struct Apply: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply manifests or a saved plan once.",
    discussion: """
      Takes files and folders with manifests, or a plan saved by ‘plan --out’. A saved plan is refused if \
      the manifests or the observed resources changed since. Without --atomic, a failed step stops only the \
      steps that depend on it.

      Steps that destroy data are listed and need a confirmation: the answer on the terminal, --yes, or a \
      saved plan that contains them.

      Exit codes: 0 every resource is as declared, 1 a step failed or a resource is not ready, 2 invalid \
      manifests, 4 blocked by a guard or not confirmed.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var empty: EmptyOption
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

  @OptionGroup var confirmation: ConfirmationOptions
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
    let permissions = permissions(for: saved)
    let desired = try Platform.schemasOnly().desiredState(at: paths, allowsEmpty: permissions.allowsEmpty)
    try EnvironmentPrices.refuseConflicts(in: desired)
    let order = ApplyOrder(
      desired: desired, paths: paths, permissions: permissions,
      saved: saved.map { ($0, from: manifests.paths[0]) }, isAtomic: atomic, author: .local,
      consent: confirmation.consent)
    try await StateSession.open(state, showsPlan: true) { state in
      try await desired.requireKnownEnvironment(in: state.environments)
      try print(
        try await Apply.prompt.confirming(order.consent) { consent in
          var order = order
          order.consent = consent
          return try await state.changes.withLeases(of: desired.environment, as: "apply") {
            [order] executor in
            executor.reporter.summariseLater(isForPrograms: output == .json)
            return try await order.perform(with: executor)
          }
        })
    }
  }

  private static let prompt = ConfirmationPrompt(
    alternative: "pass --yes, or save the plan with ‘plan --out’ and apply that")

  private func apply(_ saved: SavedPlan?, through server: RemoteServer) async throws {
    let paths = saved?.manifests ?? manifests.paths
    let permissions = permissions(for: saved)
    var body = permissions.members
    body["manifests"] = try Platform.schemasOnly().bundle(paths, allowsEmpty: permissions.allowsEmpty).value
    body["paths"] = .array(paths.map(Value.string))
    body["commit"] = paths.first.flatMap { GitHead.commit(of: $0) }.map(Value.string)
    if atomic { body["atomic"] = .bool(true) }
    if overriding.overrideFolder { body["overrideFolder"] = .bool(true) }
    if let saved {
      body["saved"] = try? Value(json: saved.text)
      body["savedFrom"] = .string(manifests.paths[0])
    }
    try print(
      try await Apply.prompt.confirming(confirmation.consent) { [body] consent in
        let body = Value.object(body.merging(consent.members) { _, new in new })
        return try await server.change("/api/v1/apply", body, in: nil, isForPrograms: output == .json)
      })
  }

  /// A saved plan shows that its manifests have no resource.
  private func permissions(for saved: SavedPlan?) -> Permissions {
    var permissions = Permissions(allowances, empty)
    if saved != nil { permissions.allowsEmpty = true }
    return permissions
  }

  private func print(_ change: ChangeReport) throws {
    if let atomic = change.atomic { return try AtomicSummary(atomic).report(as: output) }
    let report = change.report
    if output == .json {
      Output.write(json: report.value.prettyJSON)
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
