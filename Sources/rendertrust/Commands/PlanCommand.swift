import ArgumentParser
import ControlPlane
import Manifests
import Model
import Planning
import Reconciling

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show the changes that apply would make.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var empty: EmptyOption
  @OptionGroup var allowances: AllowanceOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  @Option(name: .long, help: ArgumentHelp("Save the plan for ‘apply FILE’.", valueName: "file"))
  var out: String?

  @Flag(name: .long, help: "Exit with 3 if there are changes to apply. Observed drift does not count.")
  var detailedExitcode = false

  @Flag(name: .shortAndLong, help: "Include unchanged resources.")
  var verbose = false

  func run() async throws {
    let answer = try await answer()
    if let out, let text = answer.saved { try Files.write(text, to: out) }
    let plan = answer.plan
    output.write(plan.json()) {
      plan.text(style: Output.style, width: Output.width, isVerbose: verbose)
        + (out.map { "Saved to \($0). Apply it with: rendertrust apply \($0)\n" } ?? "")
    }
    if detailedExitcode, plan.hasWork { throw ExitCode(3) }
  }

  private func answer() async throws -> PlanAnswer {
    switch try connection.target() {
    case .local(let state):
      return try await StateSession.open(
        state.location, reporter: LiveProgress(time: .real, showsPlan: false), reading: manifests.paths,
        allowsEmpty: empty.allowEmpty
      ) { state, desired in
        try await query(ManifestBundle(files: [])).answer(in: PlanningContext(state), for: desired)
      }
    case .server(let server):
      let bundle = try Platform.schemasOnly().bundle(manifests.paths, allowsEmpty: empty.allowEmpty)
      let answer = try await server.open { try await $0.send(query(bundle)) }
      answer.warnings.report()
      return answer
    }
  }

  private func query(_ bundle: ManifestBundle) -> PlanQuery {
    PlanQuery(
      bundle, paths: manifests.paths, permissions: Permissions(allowances, empty), isKept: out != nil,
      approver: Author.local.approver)
  }
}
