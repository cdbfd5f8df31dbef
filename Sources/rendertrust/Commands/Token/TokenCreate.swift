import ArgumentParser
import ControlPlane
import Gateway
import Model
import Reconciling

struct TokenCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create an API token and print it once.",
    discussion: """
      Roles: viewer reads what operators read; operator runs the commands of this program; creator submits \
      jobs for one account; node is the worker of one node; admin may do everything. The state stores only a \
      hash of the token.
      """)

  @Argument(help: "Name of the token in logs. Names cannot be reused.")
  var name: String

  @Option(name: .long, help: "Role: viewer, operator, creator, node or admin.")
  var role: APIRole

  @Option(
    name: .long,
    help: ArgumentHelp("Account of a creator, or node of a node token.", valueName: "account or node"))
  var subject: String?

  @Option(name: .long, help: ArgumentHelp("Lifetime, such as 30d. Default: unlimited.", valueName: "time"))
  var expires: String?

  @OptionGroup var state: StateOptions

  func run() async throws {
    if let problem = TokenRecord.problem(name: name, role: role, subject: subject) {
      throw CommandFailure.usage(problem + (role == .creator || role == .node ? ": --subject" : ""))
    }
    let lifetime = try expires.map { text throws(CommandFailure) in try TimeSpan.option("--expires", text) }
    try await StateSession.open(state) { state in
      let end = lifetime.map { state.time.now() + $0 }
      guard let secret = try await state.tokens.create(name, role, subject: subject, expiresAt: end) else {
        throw CommandFailure.usage(
          "token ‘\(name)’ exists already; names cannot be reused: choose another name")
      }
      Output.print(secret.reveal())
      let expiry = end.map { "expires \($0)" } ?? "no expiry"
      Output.error(
        "role \(role.rawValue)\(subject.map { " of \($0)" } ?? ""), \(expiry); the token is not shown again")
    }
  }
}

extension APIRole: ExpressibleByArgument {}
