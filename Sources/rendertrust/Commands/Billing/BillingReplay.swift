import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Try dead letters again, with the prices and accounts as they are now.",
    discussion: """
      Where no PriceMap had a price when the session was made, what it gives now counts. Exits with 1 when a letter \
      stays open. What a session bought is asked with the key in STRIPE_SECRET. Nothing is replayed in \
      another mode than that of the books: a test event never gives credits where money is real.
      """)

  @Argument(help: "Numbers of letters.")
  var ids: [Int64] = []

  @Flag(name: .long, help: "All open letters.")
  var all = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "live or test, as the books are; absent: as STRIPE_SECRET or RENDERTRUST_STRIPE_MODE says.",
      valueName: "mode"))
  var mode: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func validate() throws {
    guard all != !ids.isEmpty else { throw ValidationError("say which letters: their numbers, or --all") }
  }

  func run() async throws {
    try await Session.open(state) { session in
      let books = try await session.billing(environment, mode: mode)
      let chosen = all ? try await books.letters(limit: .max).map(\.id) : ids
      var open = 0
      for id in chosen {
        let (isDone, text) = BillingReplay.words(await books.replay(id))
        if !isDone { open += 1 }
        Output.print("\(isDone ? Output.style.green("✓") : Output.style.red("✗")) letter \(id): \(text)")
      }
      if chosen.isEmpty { Output.print("There are no dead letters.") }
      guard open == 0 else {
        throw CommandFailure.failed("\(open) of \(chosen.count) letters could not be settled")
      }
    }
  }

  private static func words(_ replay: BillingStore.Replay) -> (isDone: Bool, text: String) {
    switch replay {
    case .unknownLetter: (false, "there is no such letter")
    case .settled(let how): (true, "settled before: \(how)")
    case .erased: (false, "its event was removed with the buyer's data; dismiss it")
    case .tried(.credited(let credits)): (true, "\(credits) credits credited")
    case .tried(.reversed(let credits)): (true, "\(credits) credits reversed")
    case .tried(.noted): (true, "nothing is to be moved")
    case .tried(.repeated): (true, "it was done before")
    case .tried(.ignored): (true, "nothing is done for such an event")
    case .tried(.kept(let refusal)): (false, refusal.message)
    case .tried(.unavailable(let error)): (false, error.description)
    }
  }
}
