import ArgumentParser
import Model
import Planning
import Reconciling

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what apply would do, and change nothing.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions
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
    let (plan, allowed) = try await Session.open(state, reading: manifests.paths) { session, desired in
      let (preparation, allowed) = try await session.prepare(desired, allowances)
      return (preparation.plan, allowed)
    }
    if let out {
      let saved = SavedPlan(plan, manifests: manifests.paths, allowances: allowed)
      try Files.write(saved.text, to: out)
    }
    switch output {
    case .json: Output.write(plan.json().prettyJSON)
    default:
      Output.write(plan.text(style: Output.style, width: Output.width, isVerbose: verbose))
      if let out { Output.print("Kept in \(out): rendertrust apply \(out)") }
    }
    if detailedExitcode, plan.hasWork { throw ExitCode(3) }
  }
}
