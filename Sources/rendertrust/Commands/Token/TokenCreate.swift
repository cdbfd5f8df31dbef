import ArgumentParser
import ControlPlane
import Gateway
import Model
import Reconciling

struct TokenCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a token and print it, once.",
    discussion: """
      Roles: viewer reads what operators read; operator changes the world as this program does; creator orders jobs for \
      one account; node is the worker of one node; admin may do everything. Only a hash of the token is kept.
      """)

  @Argument(help: "What logs call it; names stay taken.")
  var name: String

  @Option(name: .long, help: "viewer, operator, creator, node or admin.")
  var role: APIRole

  @Option(
    name: .long,
    help: ArgumentHelp("The account of a creator, the node of a node.", valueName: "account or node"))
  var subject: String?

  @Option(name: .long, help: ArgumentHelp("How long it is good, such as 30d; always.", valueName: "time"))
  var expires: String?

  @OptionGroup var state: StateOptions

  func run() async throws {
    if let problem = TokenRecord.problem(name: name, role: role, subject: subject) {
      throw CommandFailure.usage(problem + (role == .creator || role == .node ? ": --subject" : ""))
    }
    let span = try expires.map { text throws(CommandFailure) in
      guard let span = TimeSpan(text), span.milliseconds > 0 else {
        throw CommandFailure.usage("--expires: ‘\(text)’ is no duration; write for example 12h or 30d")
      }
      return span
    }
    try await Session.open(state) { session in
      let end = span.map { session.engine.time.now() + $0 }
      guard let secret = try await session.makeToken(name, role, subject: subject, expiresAt: end) else {
        throw CommandFailure.usage("there is a token ‘\(name)’ already; names stay taken: choose another")
      }
      Output.print(secret.reveal())
      Output.error(
        "\(role.rawValue)\(subject.map { " of \($0)" } ?? ""), \(end.map { "until \($0)" } ?? "without an end"); "
          + "it is not shown again")
    }
  }
}

extension APIRole: ExpressibleByArgument {}
