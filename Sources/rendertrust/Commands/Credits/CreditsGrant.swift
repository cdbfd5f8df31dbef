import ArgumentParser
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
  var kind = LedgerBooks.AccountKind.creator

  @Option(
    name: .long,
    help: ArgumentHelp("Who gives; it must have them, but for the clearing account.", valueName: "account"))
  var from = LedgerBooks.clearingAccount

  @OptionGroup var books: BookOptions

  func run() async throws {
    guard let amount = Credits(credits) else {
      throw CommandFailure.usage(
        "‘\(credits)’ is no number of credits; write for example 25 or 0.5, without a unit")
    }
    guard [.creator, .nodeOwner, .moduleDeveloper].contains(kind) else {
      throw CommandFailure.usage("--kind is creator, node_owner or module_developer")
    }
    let name = LedgerBooks.plainName(account)
    guard LedgerBooks.isFree(name) || name.hasPrefix(LedgerBooks.erasedPrefix) else {
      throw CommandFailure.usage("‘\(name)’ is no account; write for example ada")
    }
    let key = key ?? "\(UInt64.random(in: .min ... .max))"
    let leg = LedgerLeg(to: name, amount, for: "grant")
    let call = LedgerCall(
      .transfer([leg], job: reason), on: LedgerBooks.plainName(from), key: "grant/\(name)/\(key)")
    if let problem = call.problem { throw CommandFailure.usage(problem.message) }
    try await Session.withBooks(books) { _, books in
      _ = try await books.account(from)
      var result = try await books.ledger.execute([call])[0]
      // Opened only for a grant that would succeed, so that a refusal leaves nothing behind.
      if case .failure(let error) = result, error.code == .unknownPayee, LedgerBooks.isFree(name) {
        try await books.ledger.open([name], as: kind)
        result = try await books.ledger.execute([call])[0]
      }
      switch result {
      case .failure(let error): throw CommandFailure.failed("nothing was given: \(error.message)")
      case .success:
        let account = try await books.account(name)
        Output.print(
          "\(Output.style.green("✓")) \(amount) credits for \(name) are in the books under key \(key); "
            + "\(account.available) to spend")
      }
    }
  }
}

extension LedgerBooks.AccountKind: ExpressibleByArgument {}
