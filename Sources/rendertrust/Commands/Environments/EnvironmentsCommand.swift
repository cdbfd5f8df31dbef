import ArgumentParser

struct EnvironmentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environments", abstract: "Look at what there is to look at.",
    subcommands: [EnvironmentsList.self], defaultSubcommand: EnvironmentsList.self)
}
