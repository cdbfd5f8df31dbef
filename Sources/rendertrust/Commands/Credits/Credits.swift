import ArgumentParser

struct CreditsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credits", abstract: "Look at accounts, and give credits.",
    subcommands: [CreditsBalance.self, CreditsStatement.self, CreditsHolds.self, CreditsGrant.self],
    defaultSubcommand: CreditsBalance.self)
}
