import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Prove the books, write them out, and remove a person from them.",
    subcommands: [LedgerVerify.self, LedgerExportCommand.self, LedgerErase.self])
}
