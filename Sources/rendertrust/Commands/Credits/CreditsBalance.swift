import ArgumentParser
import ControlPlane
import Ledger
import Model

struct CreditsBalance: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance", abstract: "What accounts have, what is held back, and what they may spend.")

  @Argument(help: ArgumentHelp("Only these.", valueName: "account"))
  var accounts: [String] = []

  @OptionGroup var books: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "How to print: text, json or name.")
  var output = OutputFormat.text

  func run() async throws {
    let found = try await books.place.ask(BalanceQuery(books.query, accounts: accounts)).accounts
    switch output {
    case .json: Output.write(Value.array(found.map(\.value)).prettyJSON)
    case .name: for account in found { Output.print(account.name) }
    case .text, .yaml: print(found)
    }
  }

  private func print(_ accounts: [LedgerStore.Account]) {
    var table = Table(["ACCOUNT", "KIND", "BALANCE", "HELD", "AVAILABLE", "ENTRIES"])
    for account in accounts {
      table.add([
        account.name, account.kind.rawValue.replacing("_", with: " "), account.balance.description,
        account.held.description, account.available.description, String(account.entries),
      ])
    }
    Output.write(table)
  }
}
