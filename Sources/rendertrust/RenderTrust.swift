import ArgumentParser
import ControlPlane
import Glibc
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
      ‘diff’ or ‘plan --detailed-exitcode’, 4 blocked by a guard or a missing approval. A query whose \
      output could not be written fails; a change reports its own result.
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
    StandardStream.reserveDescriptors()
    // A write to a closed pipe then fails instead of ending the process in the middle of a change.
    signal(SIGPIPE, SIG_IGN)
    var isChange = false
    let code: ExitCode
    do {
      let arguments = CommandLine.arguments.dropFirst()
      try checkName(arguments.first)
      if let problem = EmptyArgument.problem(in: arguments) { throw CommandFailure.usage(problem) }
      var command = try parseAsRoot()
      isChange = (command as? any ChangeCommand)?.isChange ?? false
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      code = .success
    } catch {
      code = report(error)
    }
    if case .failed(let number) = Output.condition {
      let reason = String(cString: strerror(number))
      Output.error("\(Output.errorStyle.red("error:")) standard output could not be written: \(reason)")
    }
    exit(withError: code.afterOutput(Output.condition, isChange: isChange))
  }

  /// Prints why a command ended.
  private static func report(_ error: any Error) -> ExitCode {
    if let failure = error as? CommandFailure {
      failure.report()
      return failure.exitCode
    }
    if let code = error as? ExitCode { return code }
    let code = exitCode(for: error)
    guard code == .success else {
      Output.error(fullMessage(for: error))
      return code == .validationFailure ? ExitCode(2) : ExitCode(1)
    }
    // Titles of command groups stand alone, as in kubectl; the parser appends “Subcommands”.
    Output.print(fullMessage(for: error).replacing(" SUBCOMMANDS:\n", with: ":\n"))
    return .success
  }
}
