import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "billing",
    abstract: "Inspect and replay Stripe events that failed.",
    discussion: """
      An event that cannot be processed is kept as a dead letter: an unknown price, another currency, a \
      missing account, an unpaid session. Correct the cause and replay the dead letter. Each session is \
      credited at most once.
      """,
    subcommands: [
      BillingDeadLetters.self, BillingShow.self, BillingReplay.self, BillingDismiss.self, BillingErase.self,
    ],
    defaultSubcommand: BillingDeadLetters.self)
}

extension StateSession {
  /// The billing store of an environment. Stripe settings come from the variables of this process, as for a
  /// server.
  /// - Parameter mode: live or test; nil: as the variables say.
  func billing(_ option: EnvironmentOption, mode: String? = nil) async throws -> BillingStore {
    let environment = try await environments.resolve(option.environment)
    let flags = ServerSettings.Flags(texts: mode.map { ["stripeMode": $0] } ?? [:])
    let stripe = try ServerSettings(flags, environment: Environment.all).stripe
    let store = await BillingDatabase(self, environment).billingStore(
      isLive: stripe.isLive, client: stripe.client(foundations.http))
    do throws(BackendError) {
      return try store.get()
    } catch {
      throw CommandFailure.failed(error.description)
    }
  }
}

extension DeadLetter {
  /// The dead letter as `-o json` prints it, without its event.
  var members: [String: Value] {
    let members: [String: Value?] = [
      "id": .integer(id), "event": .string(event), "type": .string(type),
      "about": subject.isEmpty ? nil : .string(subject), "account": account.map(Value.string),
      "reason": .string(reason), "message": .string(message), "receivedAt": .string(receivedAt.description),
      "attempts": .integer(attempts), "resolvedAt": resolvedAt.map { .string($0.description) },
      "resolution": resolution.map(Value.string),
    ]
    return members.compactMapValues { $0 }
  }
}
