import ArgumentParser
import ControlPlane
import Ledger
import Model

struct CreditsBalance: QueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance", abstract: "List accounts with their balance, held and available credits.")

  @Argument(help: ArgumentHelp("Show these accounts only.", valueName: "account"))
  var accounts: [String] = []

  @OptionGroup var ledger: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  var connection: ConnectionOptions { ledger.connection }

  func query() -> BalanceQuery { BalanceQuery(ledger.selection, accounts: accounts) }

  func write(_ answer: BalanceQuery.Answer) {
    let accounts = answer.accounts
    output.write(.array(accounts.map(\.value)), names: accounts.map(\.name)) {
      var table = Table(["ACCOUNT", "KIND", "BALANCE", "HELD", "AVAILABLE", "ENTRIES"])
      for account in accounts {
        table.add([
          account.name, account.kind.text, account.balance.description, account.held.description,
          account.available.description, String(account.entries),
        ])
      }
      return Output.text(of: table)
    }
  }
}

extension LedgerStore.AccountKind {
  /// `node owner`.
  var text: String { rawValue.replacing("_", with: " ") }
}
