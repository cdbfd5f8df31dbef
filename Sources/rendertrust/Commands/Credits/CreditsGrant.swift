import ArgumentParser
import ControlPlane
import Ledger
import Model

struct CreditsGrant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant", abstract: "Give credits to an account.",
    discussion: """
      An account that is not there yet is opened. The same key gives once, however often the command is run: with a \
      key of your own a grant that was interrupted can be repeated safely.
      """)

  @Argument(help: "Who gets them.")
  var account: String

  @Argument(help: "How many, such as 25 or 0.5.")
  var credits: String

  @Option(name: .long, help: ArgumentHelp("Names the grant among all of the account's.", valueName: "key"))
  var key: String?

  @Option(name: .long, help: ArgumentHelp("Stands in the statement; no personal data.", valueName: "text"))
  var reason = ""

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What an account that is not there yet becomes: creator, node_owner or module_developer."))
  var kind = LedgerStore.AccountKind.creator

  @Option(
    name: .long,
    help: ArgumentHelp("Who gives; it must have them, but for the clearing account.", valueName: "account"))
  var from = LedgerStore.clearingAccount

  @OptionGroup var books: LedgerQueryOptions

  func run() async throws {
    let key = key ?? "\(UInt64.random(in: .min ... .max))"
    let given = try await books.place.ask(
      try GrantQuery(
        books.query, account: account, credits: credits, key: key, reason: reason, kind: kind, from: from))
    Output.print(
      "\(Output.style.green("✓")) \(given.amount) credits for \(given.account) are in the books under key \(key); "
        + "\(given.available) to spend")
  }
}

extension LedgerStore.AccountKind: ExpressibleByArgument {}
