import ArgumentParser
import ControlPlane
import ControllerState
import Reconciling

struct TokenRevoke: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an API token; servers apply it within 5 s.")

  @Argument(help: "Name of the token.")
  var name: String

  @OptionGroup var state: StateOptions

  func run() async throws {
    try await StateSession.open(state) { state in
      guard let token = try await state.tokens.revoke(name) else {
        throw CommandFailure.failed("there is no token ‘\(name)’: list tokens with rendertrust token list")
      }
      Output.success("\(token.name) is revoked")
    }
  }
}
