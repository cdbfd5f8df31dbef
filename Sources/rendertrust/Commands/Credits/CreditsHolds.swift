import ArgumentParser
import ControlPlane
import Ledger
import Model
import Reconciling

struct CreditsHolds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holds", abstract: "What is reserved for jobs, oldest first.")

  @Argument(help: "Only this account's.")
  var account: String?

  @OptionGroup var books: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let answer = try await books.place.ask(HoldsQuery(books.query, account: account))
    if output == .json {
      Output.write(Value.array(answer.holds.map(\.value)).prettyJSON)
      return
    }
    guard !answer.holds.isEmpty else {
      Output.print("Nothing is held back\(answer.account.map { " of \($0)" } ?? "").")
      return
    }
    let now = answer.now
    var table = Table(["HOLD", "ACCOUNT", "CREDITS", "AGE", "EXPIRES", "JOB"])
    for hold in answer.holds {
      table.add([
        String(hold.id), hold.account, hold.amount.description, (now - hold.openedAt).ago,
        hold.expiresAt <= now ? "due" : "in \((hold.expiresAt - now).ago)", hold.job,
      ])
    }
    Output.write(table)
  }
}
