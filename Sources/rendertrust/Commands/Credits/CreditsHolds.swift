import ArgumentParser
import Ledger
import Model
import Reconciling

struct CreditsHolds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holds", abstract: "What is reserved for jobs, oldest first.")

  @Argument(help: "Only this account's.")
  var account: String?

  @OptionGroup var books: BookOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.withBooks(books) { session, books in
      var name: String?
      if let account { name = try await books.account(account).name }
      let holds = try await books.ledger.openHolds(of: name)
      if output == .json {
        Output.write(Value.array(holds.map(\.value)).prettyJSON)
        return
      }
      guard !holds.isEmpty else {
        Output.print("Nothing is held back\(name.map { " of \($0)" } ?? "").")
        return
      }
      let now = session.engine.time.now()
      var table = Table(["HOLD", "ACCOUNT", "CREDITS", "AGE", "EXPIRES", "JOB"])
      for hold in holds {
        table.add([
          String(hold.id), hold.account, hold.amount.description, (now - hold.openedAt).ago,
          hold.expiresAt <= now ? "due" : "in \((hold.expiresAt - now).ago)", hold.job,
        ])
      }
      Output.write(table)
    }
  }
}

extension LedgerBooks.Hold {
  fileprivate var value: Value {
    .members([
      "hold": .integer(id), "account": .string(account), "credits": .string(amount.description),
      "job": .string(job), "openedAt": .string(openedAt.description),
      "expiresAt": .string(expiresAt.description),
    ])
  }
}
