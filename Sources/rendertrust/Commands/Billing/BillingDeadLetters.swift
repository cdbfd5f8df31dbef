import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingDeadLetters: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "letters", abstract: "List open dead letters, oldest first.")

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 50

  @Option(name: .shortAndLong, help: "How to print: text, json or name.")
  var output = OutputFormat.text

  func validate() throws {
    guard output != .yaml else { throw ValidationError("letters prints text, json or name") }
    guard limit > 0 else { throw ValidationError("--limit is at least 1") }
  }

  func run() async throws {
    try await Session.open(state) { session in
      // One more than is shown tells whether there are more.
      let found = try await session.billing(environment).letters(limit: min(limit, .max - 1) + 1)
      let letters = Array(found.prefix(limit))
      defer {
        if found.count > limit {
          Output.error("there are more letters than \(limit): say --limit to see them")
        }
      }
      switch output {
      case .json: Output.write(Value.array(letters.map(\.value)).prettyJSON)
      case .name: for letter in letters { Output.print(String(letter.id)) }
      default: print(letters, now: session.engine.time.now())
      }
    }
  }

  private func print(_ letters: [DeadLetter], now: Timestamp) {
    guard !letters.isEmpty else { return Output.print("There are no dead letters.") }
    var table = Table(["LETTER", "AGE", "TRIED", "REASON", "ABOUT", "ACCOUNT", "WHAT"])
    for letter in letters {
      table.add([
        String(letter.id), (now - letter.receivedAt).ago, String(letter.attempts), letter.reason,
        letter.subject.isEmpty ? letter.event : letter.subject, letter.account ?? "–", letter.message,
      ])
    }
    Output.write(table)
  }
}
