import ArgumentParser
import ControlPlane
import Manifests
import Model
import Planning
import Reconciling

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what apply would do, and change nothing.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var place: ConnectionOptions
  @OptionGroup var allowances: AllowanceOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  @Option(name: .long, help: ArgumentHelp("Keep the plan for ‘apply FILE’.", valueName: "file"))
  var out: String?

  @Flag(
    name: .long, help: "Exit with 3 where there is something to apply; what is only observed does not count.")
  var detailedExitcode = false

  @Flag(name: .shortAndLong, help: "List unchanged resources too.")
  var verbose = false

  func validate() throws {
    guard output == .text || output == .json else { throw ValidationError("plan prints text or json") }
  }

  func run() async throws {
    let answer = try await answer()
    if let out, let text = answer.saved { try Files.write(text, to: out) }
    let plan = answer.plan
    switch output {
    case .json: Output.write(plan.json().prettyJSON)
    default:
      Output.write(plan.text(style: Output.style, width: Output.width, isVerbose: verbose))
      if let out { Output.print("Kept in \(out): rendertrust apply \(out)") }
    }
    if detailedExitcode, plan.hasWork { throw ExitCode(3) }
  }

  private func answer() async throws -> PlanAnswer {
    func inquiry(_ bundle: ManifestBundle) -> PlanQuery {
      PlanQuery(
        bundle, paths: manifests.paths, permissions: Permissions(allowances), isKept: out != nil,
        approver: Author.here.approver)
    }
    switch try place.place() {
    case .here(let state):
      return try await Session.open(
        state.location, reporter: LiveProgress(time: .real, showsPlan: false), reading: manifests.paths
      ) { session, desired in
        return try await inquiry(ManifestBundle(files: [])).answer(in: session, for: desired)
      }
    case .server(let server):
      let bundle = try Platform.schemasOnly().bundle(manifests.paths)
      let answer = try await server.open { try await $0.ask(inquiry(bundle)) }
      answer.warnings.report()
      return answer
    }
  }
}
