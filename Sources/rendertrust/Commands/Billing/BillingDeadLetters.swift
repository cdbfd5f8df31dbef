import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingDeadLetters: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters", abstract: "List open dead letters, oldest first.")

  @OptionGroup var scope: LocalEnvironmentOptions

  @Option(name: .long, help: "Maximum number of dead letters.")
  var limit = 50

  @Option(name: .shortAndLong, help: "Output format.")
  var output = OutputFormat.text

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      // One more than shown, to detect whether there are more.
      let found = try await state.billing(scope.environment).deadLetters(limit: min(limit, .max - 1) + 1)
      let deadLetters = Array(found.prefix(limit))
      output.write(.array(deadLetters.map { .object($0.members) }), names: deadLetters.map { String($0.id) })
      {
        text(of: deadLetters, now: state.time.now())
      }
      if found.count > limit {
        Output.error("there are more than \(limit) dead letters: raise --limit to list them")
      }
    }
  }

  private func text(of deadLetters: [DeadLetter], now: Timestamp) -> String {
    guard !deadLetters.isEmpty else { return "There are no dead letters.\n" }
    var table = Table(["ID", "AGE", "ATTEMPTS", "REASON", "SUBJECT", "ACCOUNT", "MESSAGE"])
    for letter in deadLetters {
      table.add([
        String(letter.id), (now - letter.receivedAt).ago, String(letter.attempts), letter.reason,
        letter.subject.isEmpty ? letter.event : letter.subject, letter.account ?? "–", letter.message,
      ])
    }
    return Output.text(of: table)
  }
}
