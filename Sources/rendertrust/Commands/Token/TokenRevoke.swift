import ArgumentParser
import ControllerState
import ControlPlane
import Reconciling

struct TokenRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an API token; servers apply it within 5 s.")

  @Argument(help: "Name of the token.")
  var name: String

  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let actor = Authorship.here("token", []).actor
      guard
        let token = try await session.tokens.revoke(name, at: session.engine.time.now(), by: actor)
      else {
        throw CommandFailure.failed("there is no token ‘\(name)’: list tokens with rendertrust token list")
      }
      Output.success("\(token.name) is revoked")
    }
  }
}
