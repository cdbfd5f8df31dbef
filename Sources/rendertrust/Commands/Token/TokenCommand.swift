import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Create, list and revoke API tokens.",
    subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}
