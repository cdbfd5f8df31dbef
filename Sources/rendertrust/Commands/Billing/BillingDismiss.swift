import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingDismiss: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dismiss", abstract: "Close dead letters that you have dealt with.",
    discussion: """
      Who closed it and why stays in the letter; what Stripe sent is removed; no credits move. Exits with 1 when there is \
      no such letter.
      """)

  @Argument(help: "Numbers of letters.")
  var ids: [Int64]

  @Option(
    name: .long,
    help: ArgumentHelp("Why; stands in the letter for ever, no personal data.", valueName: "text"))
  var because: String

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func validate() throws {
    guard (1...500).contains(because.utf8.count), !because.utf8.contains(where: { $0 < 32 }) else {
      throw ValidationError("--because takes 1 to 500 bytes in one line")
    }
  }

  func run() async throws {
    try await Session.open(state) { session in
      let books = try await session.billing(environment)
      let person = Authorship.here("billing dismiss", []).actor
      var unknown = 0
      for id in ids {
        switch try await books.dismiss(id, by: person, because: because) {
        case .dismissed: Output.print("\(Output.style.green("✓")) letter \(id): dismissed")
        case .settled(let how):
          Output.print("\(Output.style.green("✓")) letter \(id): settled before: \(how)")
        case .unknownLetter:
          unknown += 1
          Output.print("\(Output.style.red("✗")) letter \(id): there is no such letter")
        }
      }
      guard unknown == 0 else {
        throw CommandFailure.failed("\(unknown) of \(ids.count) letters are not there")
      }
    }
  }
}
