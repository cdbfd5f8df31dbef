import ArgumentParser

struct EnvironmentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environments", abstract: "Show environments.",
    subcommands: [EnvironmentsList.self], defaultSubcommand: EnvironmentsList.self)
}
