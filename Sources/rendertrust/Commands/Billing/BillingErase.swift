import ArgumentParser
import Billing
import ControlPlane
import Ledger
import Model
import Postgres
import Reconciling

struct BillingErase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Remove a person from dead letters who has no account in the ledger.",
    discussion: """
      For somebody whose sessions were all kept and credited nothing. Who has an account is erased by `ledger erase`, \
      which does this, too. It cannot be undone: letters that are open stay so without their events, to be dismissed.
      """)

  @Argument(help: "The name that the sessions gave.")
  var account: String

  @Flag(name: .long, help: "Do it. Without, nothing is done.")
  var yes = false

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    let name = LedgerStore.plainName(account)
    guard yes else {
      throw CommandFailure.blocked(
        "‘\(name)’ would be removed from dead letters for good; say --yes to do it")
    }
    try await Session.open(state) { session in
      guard let count = try await session.billing(environment).eraseLetters(of: name) else {
        throw CommandFailure.usage(
          "the ledger has an account ‘\(name)’; rendertrust ledger erase \(name) --yes removes both")
      }
      Output.print("\(Output.style.green("✓")) ‘\(name)’ was removed from \(count) letters")
    }
  }
}
