import ArgumentParser
import ControlPlane
import Ledger
import Model
import Reconciling

struct CreditsHolds: QueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "holds", abstract: "List credits held for jobs, oldest first.")

  @Argument(help: "Show holds of this account only.")
  var account: String?

  @OptionGroup var ledger: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  var connection: ConnectionOptions { ledger.connection }

  func query() -> HoldsQuery { HoldsQuery(ledger.selection, account: account) }

  func write(_ answer: HoldsQuery.Answer) {
    output.write(.array(answer.holds.map(\.value))) {
      guard !answer.holds.isEmpty else {
        return "There are no open holds\(answer.account.map { " of \($0)" } ?? "").\n"
      }
      var table = Table(["HOLD", "ACCOUNT", "CREDITS", "AGE", "EXPIRES", "JOB"])
      for hold in answer.holds {
        let expires = hold.expiresAt <= answer.now ? "expired" : "in \((hold.expiresAt - answer.now).ago)"
        table.add([
          String(hold.id), hold.account, hold.amount.description, (answer.now - hold.openedAt).ago, expires,
          hold.job,
        ])
      }
      return Output.text(of: table)
    }
  }
}
