import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a dead letter with its event, without the buyer's personal data.")

  @Argument(help: "The letter's number.")
  var id: Int64

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      guard let letter = try await session.billing(environment).letter(id) else {
        throw CommandFailure.usage("there is no letter \(id); rendertrust billing letters lists them")
      }
      var members: [String: Value] = [:]
      if case .object(let fields) = letter.value { for field in fields { members[field.key] = field.value } }
      members["payload"] = letter.shownPayload ?? .null
      Output.write(Value.object(members).prettyJSON)
    }
  }
}
