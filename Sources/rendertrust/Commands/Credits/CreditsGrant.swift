import ArgumentParser
import ControlPlane
import Ledger
import Model

struct CreditsGrant: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant", abstract: "Grant credits to an account.",
    discussion: """
      Opens the account if it does not exist. A key makes the grant idempotent: an interrupted grant can be \
      repeated safely with the same key.
      """)

  @Argument(help: "Account that receives the credits.")
  var account: String

  @Argument(help: "Number of credits, such as 25 or 0.5.")
  var credits: String

  @Option(name: .long, help: ArgumentHelp("Idempotency key. Default: random.", valueName: "key"))
  var key: String?

  @Option(name: .long, help: ArgumentHelp("Reason in the statement. No personal data.", valueName: "text"))
  var reason = ""

  @Option(name: .long, help: "Kind of a new account: creator, node_owner or module_developer.")
  var kind = LedgerStore.AccountKind.creator

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Account that gives the credits. Only the clearing account may have a negative balance.",
      valueName: "account"))
  var from = LedgerStore.clearingAccount

  @OptionGroup var ledger: LedgerQueryOptions

  func run() async throws {
    let key = key ?? "\(UInt64.random(in: .min ... .max))"
    let grant = try await ledger.connection.send(
      try GrantQuery(
        ledger.selection, account: account, credits: credits, key: key, reason: reason, kind: kind, from: from
      ))
    Output.success(
      "\(grant.account) was granted \(grant.amount) credits with key \(key); \(grant.available) available")
  }
}

extension LedgerStore.AccountKind: ExpressibleByArgument {}
