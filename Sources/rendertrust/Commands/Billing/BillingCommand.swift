import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "billing",
    abstract: "Look at what Stripe told and could not be done, and try it again.",
    discussion: """
      An event that cannot be done is kept as a dead letter: an unknown price, another currency, no account, a session \
      that is not paid. Put right what was wrong, then replay it; a session is credited once, however often.
      """,
    subcommands: [
      BillingDeadLetters.self, BillingShow.self, BillingReplay.self, BillingDismiss.self, BillingErase.self,
    ],
    defaultSubcommand: BillingDeadLetters.self)
}

extension Session {
  /// The books of an environment's purchases; Stripe's settings are those of a server in this process's environment.
  /// - Parameter mode: live or test; nil: as the process's environment says.
  func billing(_ option: EnvironmentOption, mode: String? = nil) async throws -> BillingStore {
    let environment = try environment(option)
    let flags = ServerSettings.Flags(texts: mode.map { ["stripeMode": $0] } ?? [:])
    let stripe = try ServerSettings(flags, environment: Environment.all).stripe
    let books = await billingBooks(
      in: BillingDatabase(self, environment), isLive: stripe.isLive, client: stripe.client(foundations.http))
    do throws(BackendError) {
      return try books.get()
    } catch {
      throw CommandFailure.failed(error.description)
    }
  }
}

extension DeadLetter {
  var value: Value {
    .members([
      "id": .integer(id), "event": .string(event), "type": .string(type),
      "about": subject.isEmpty ? nil : .string(subject), "account": account.map(Value.string),
      "reason": .string(reason), "message": .string(message), "receivedAt": .string(receivedAt.description),
      "attempts": .integer(attempts), "resolvedAt": resolvedAt.map { .string($0.description) },
      "resolution": resolution.map(Value.string),
    ])
  }
}
