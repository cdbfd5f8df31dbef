import ArgumentParser
import ControlPlane
import Manifests
internal import Model

/// The executable of operators and CI. Each command has a file of its own in `Commands`; `Platform` puts the house
/// together; `Terminal` is what people see.
@main
struct RenderTrust: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rendertrust",
    abstract: "Runs an edge-AI render fabric by committing YAML.",
    discussion: """
      Manifests say what should be: databases, services, nodes, modules, prices, backups. rendertrust plans what has \
      to change, applies it, and keeps it so.

      Exit codes: 0 done or no change, 1 failed, 2 usage or invalid manifests, 3 plan --detailed-exitcode found \
      changes, 4 blocked on a guard or an approval.
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Change the world",
        subcommands: [
          Validate.self, PlanCommand.self, Apply.self, Up.self, Server.self, Diff.self, Rollback.self,
          Destroy.self, Import.self, SchedulerCommand.self,
        ]),
      CommandGroup(
        name: "Look at it",
        subcommands: [
          EnvironmentsCommand.self, Get.self, Export.self, Describe.self, Why.self, Events.self, History.self,
          Leases.self, Audit.self,
          Healthz.self,
          Backup.self, BillingCommand.self,
        ]),
      CommandGroup(name: "Work", subcommands: [JobCommand.self, NodeCommand.self]),
      CommandGroup(name: "Let others in", subcommands: [TokenCommand.self]),
      CommandGroup(name: "Money", subcommands: [CreditsCommand.self, LedgerCommand.self]),
      CommandGroup(
        name: "Write manifests",
        subcommands: [
          Schema.self, ExplainCommand.self, Completions.self, VersionCommand.self,
        ]),
    ])

  /// Says what a misspelt command may have meant, which the parser would take for an argument.
  private static func checkName(_ word: String?) throws(CommandFailure) {
    let groups = configuration.groupedSubcommands.flatMap(\.subcommands)
    let names = (configuration.subcommands + groups).map { $0._commandName } + ["help"]
    guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
    let hint = Suggestion.hint(for: word, among: names, noun: "commands")
    throw .usage("there is no command ‘\(word)’" + (hint.map { "; \($0)" } ?? ""))
  }

  static func main() async {
    do {
      try checkName(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      failure.report()
      exit(withError: failure.exitCode)
    } catch let code as ExitCode {
      exit(withError: code)
    } catch {
      // Usage errors print their own text; design: 2 for everything that the user wrote wrongly.
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success {
        Output.print(text)
      } else {
        Output.error(text)
      }
      exit(withError: code == .success ? code : code == .validationFailure ? ExitCode(2) : ExitCode(1))
    }
  }
}
