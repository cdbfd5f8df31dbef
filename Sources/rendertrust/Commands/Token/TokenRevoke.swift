import ArgumentParser
import ControllerState
import ControlPlane
import Reconciling

struct TokenRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Let a token's bearer in no longer; servers notice within 5 s.")

  @Argument(help: "The token's name.")
  var name: String

  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let person = Authorship.here("token", []).actor
      guard
        let token = try await session.tokens.revoke(name, at: session.engine.time.now(), by: person)
      else { throw CommandFailure.failed("there is no token ‘\(name)’; rendertrust token list shows all") }
      Output.print("\(Output.style.green("✓")) \(token.name) is not good any more")
    }
  }
}
