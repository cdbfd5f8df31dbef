import ArgumentParser
import ControlPlane
import Manifests
internal import Model

/// The command-line program of operators and CI.
@main
struct RenderTrust: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rendertrust",
    abstract: "Operate an edge-AI render fabric with YAML manifests.",
    discussion: """
      Manifests declare databases, services, nodes, modules, prices and backups. rendertrust plans the \
      changes, applies them and keeps the environment converged.

      Exit codes: 0 success or no change, 1 failure, 2 usage error or invalid manifests, 3 changes found by \
      ‘diff’ or ‘plan --detailed-exitcode’, 4 blocked by a guard or a missing approval.
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Basic commands",
        subcommands: [
          Validate.self, PlanCommand.self, Apply.self, Up.self, Diff.self, Rollback.self, Destroy.self,
        ]),
      CommandGroup(
        name: "Inspect",
        subcommands: [
          EnvironmentsCommand.self, Get.self, Describe.self, Why.self, Events.self, History.self, Leases.self,
          AuditCommand.self,
        ]),
      CommandGroup(name: "Jobs", subcommands: [JobCommand.self, NodeCommand.self]),
      CommandGroup(
        name: "Credits", subcommands: [CreditsCommand.self, LedgerCommand.self, BillingCommand.self]),
      CommandGroup(name: "Access", subcommands: [TokenCommand.self]),
      CommandGroup(
        name: "Server", subcommands: [Server.self, SchedulerCommand.self, Healthz.self, BackupCommand.self]),
      CommandGroup(
        name: "Manifests", subcommands: [ExplainCommand.self, Schema.self, Import.self, Export.self]),
      CommandGroup(name: "Other commands", subcommands: [Completions.self, VersionCommand.self]),
    ])

  /// Suggests a command for a misspelt one, which the parser would report as an unexpected argument.
  private static func checkName(_ word: String?) throws(CommandFailure) {
    let groups = configuration.groupedSubcommands.flatMap(\.subcommands)
    let names = (configuration.subcommands + groups).map { $0._commandName } + ["help"]
    guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
    let hint = Suggestion.hint(for: word, among: names, noun: "commands")
    throw .usage("unknown command ‘\(word)’" + (hint.map { "; \($0)" } ?? ""))
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
      let code = exitCode(for: error)
      if code == .success {
        // Titles of command groups stand alone, as in kubectl; the parser appends “Subcommands”.
        Output.print(fullMessage(for: error).replacing(" SUBCOMMANDS:\n", with: ":\n"))
      } else {
        Output.error(fullMessage(for: error))
      }
      exit(withError: code == .success ? code : code == .validationFailure ? ExitCode(2) : ExitCode(1))
    }
  }
}
