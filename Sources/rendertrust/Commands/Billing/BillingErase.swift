import ArgumentParser
import Billing
import ControlPlane
import Ledger
import Model
import Postgres
import Reconciling

struct BillingErase: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Erase a person without a ledger account from dead letters.",
    discussion: """
      For a person whose sessions are all dead letters. `ledger erase` erases a person with an account, \
      including dead letters. Cannot be undone: open dead letters stay open without their events, to be \
      dismissed.
      """)

  @Argument(help: "Account name in the sessions.")
  var account: String

  @Flag(name: .long, help: "Confirm the erasure.")
  var yes = false

  @OptionGroup var scope: LocalEnvironmentOptions

  func run() async throws {
    let name = LedgerStore.plainName(account)
    guard yes else {
      throw CommandFailure.blocked(
        "erasing ‘\(name)’ from dead letters cannot be undone: pass --yes to confirm")
    }
    try await StateSession.open(scope.state) { state in
      guard let count = try await state.billing(scope.environment).eraseDeadLetters(of: name) else {
        throw CommandFailure.usage(
          "the ledger has an account ‘\(name)’: rendertrust ledger erase \(name) --yes erases both")
      }
      Output.success("‘\(name)’ was erased from \(count) dead letters")
    }
  }
}
