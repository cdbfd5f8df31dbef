import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a dead letter and its event, without personal data.")

  @Argument(help: "ID of the dead letter.")
  var id: Int64

  @OptionGroup var scope: LocalEnvironmentOptions

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      guard let letter = try await state.billing(scope.environment).deadLetter(id) else {
        throw CommandFailure.usage(
          "unknown dead letter \(id): list them with rendertrust billing dead-letters")
      }
      var members = letter.members
      members["payload"] = letter.redactedPayload ?? .null
      Output.write(json: Value.object(members).prettyJSON)
    }
  }
}
