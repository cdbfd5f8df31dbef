import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Verify and export the ledger, and erase personal data.",
    subcommands: [LedgerVerify.self, LedgerExportCommand.self, LedgerErase.self])
}
