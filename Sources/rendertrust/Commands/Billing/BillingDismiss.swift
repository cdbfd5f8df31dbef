import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingDismiss: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "dismiss", abstract: "Close dead letters that were handled by hand.",
    discussion: """
      Records who closed a dead letter and why, and removes its event. Transfers no credits. Exits with 1 if \
      a dead letter does not exist.
      """)

  @Argument(help: "IDs of the dead letters.")
  var ids: [Int64]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Reason, stored with the dead letter for good. No personal data.", valueName: "text"))
  var because: String

  @OptionGroup var scope: LocalEnvironmentOptions

  func validate() throws {
    guard (1...500).contains(because.utf8.count), because.firstControlCharacter == nil else {
      throw ValidationError("--because must be one line of 1 to 500 bytes")
    }
  }

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      let store = try await state.billing(scope.environment)
      let actor = Authorship.localActor
      var unknown = 0
      for id in ids {
        switch try await store.dismiss(id, by: actor, because: because) {
        case .dismissed: Output.success("dead letter \(id): dismissed")
        case .settled(let resolution): Output.success("dead letter \(id): already resolved: \(resolution)")
        case .unknown:
          unknown += 1
          Output.failure("dead letter \(id): not found")
        }
      }
      guard unknown == 0 else {
        throw CommandFailure.failed("\(unknown) of \(ids.count) dead letters do not exist")
      }
    }
  }
}
