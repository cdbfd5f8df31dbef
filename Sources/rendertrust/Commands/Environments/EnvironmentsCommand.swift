import ArgumentParser

struct EnvironmentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environments", abstract: "List, rename and forget environments.",
    subcommands: [EnvironmentsList.self, EnvironmentsRename.self, EnvironmentsForget.self],
    defaultSubcommand: EnvironmentsList.self)
}
