import ArgumentParser
import Billing
import ControlPlane
import Manifests
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
  @OptionGroup var place: ConnectionOptions
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

  @OptionGroup var overriding: OverrideOptions

  @Option(name: .shortAndLong, help: "How to print what came of it: text or json.")
  var output = OutputFormat.text

  func validate() throws {
    guard output == .text || output == .json else { throw ValidationError("apply prints text or json") }
  }

  func run() async throws {
    let saved = try savedPlan()
    switch try place.place() {
    case .here(let state): try await apply(saved, on: state)
    case .server(let server): try await order(saved, from: server)
    }
  }

  private func apply(_ saved: SavedPlan?, on state: StateOptions) async throws {
    let paths = saved?.manifests ?? manifests.paths
    let desired = try Platform.schemasOnly().desiredState(at: paths)
    try EnvironmentPrices.refuseConflicts(in: desired)
    let order = ApplyOrder(
      desired: desired, paths: paths, permissions: Permissions(allowances),
      saved: saved.map { ($0, from: manifests.paths[0]) }, isAtomic: atomic, author: .here)
    try await Session.open(state, showsPlan: true) { session in
      try await session.changing(desired.environment, as: "apply") { session in
        session.progress.summariseLater(isForPrograms: output == .json)
        try print(try await order.carryOut(in: session))
      }
    }
  }

  private func order(_ saved: SavedPlan?, from server: RemoteServer) async throws {
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
    let voice = LiveProgress(time: .real, showsPlan: true)
    voice.summariseLater(isForPrograms: output == .json)
    let report = try await server.connected { [body] transport in
      try await RemoteChange(server: server.name, transport: transport, voice: voice)
        .follow("/api/v1/apply", .object(body), in: nil)
    }
    try print(report)
  }

  private func print(_ change: ChangeReport) throws {
    if let atomic = change.atomic { return try AtomicSummary(atomic).report(as: output) }
    let report = change.report
    if output == .json {
      Output.write(report.value.prettyJSON)
      guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    } else if change.hasNews {
      try Summary(report).report()
    }
  }

  private func savedPlan() throws -> SavedPlan? {
    if overriding.overrideFolder, case .here = try place.place() {
      throw CommandFailure.usage("--override-folder is for --server, which is not given")
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

/// What is asked of a server that follows a folder of manifests.
struct OverrideOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: ArgumentHelp(
      "With --server: apply also where the server keeps the environment as a folder of its own says.",
      discussion: "What is applied lasts until that folder's next change, or the server's next start."))
  var overrideFolder = false
}
