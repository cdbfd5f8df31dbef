import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Say who may use a server's API.",
    subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}
