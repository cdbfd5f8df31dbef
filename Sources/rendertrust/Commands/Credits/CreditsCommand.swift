import ArgumentParser

struct CreditsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credits", abstract: "Show balances and statements, and grant credits.",
    subcommands: [CreditsBalance.self, CreditsStatement.self, CreditsHolds.self, CreditsGrant.self],
    defaultSubcommand: CreditsBalance.self)
}
