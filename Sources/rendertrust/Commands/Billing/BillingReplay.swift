import ArgumentParser
import Billing
import ControlPlane
import Model
import Postgres
import Reconciling

struct BillingReplay: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Process dead letters again with current prices and accounts.",
    discussion: """
      If no PriceMap contained a price when the session was created, the current price applies. Line items \
      are read from Stripe with the key in STRIPE_SECRET. A test event is never replayed on a live ledger. \
      Exits with 1 if a dead letter stays open.
      """)

  @Argument(help: "IDs of the dead letters.")
  var ids: [Int64] = []

  @Flag(name: .long, help: "Replay all open dead letters.")
  var all = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Mode of the ledger: live or test. Default: from STRIPE_SECRET or RENDERTRUST_STRIPE_MODE.",
      valueName: "mode"))
  var mode: String?

  @OptionGroup var scope: LocalEnvironmentOptions

  func validate() throws {
    guard all != !ids.isEmpty else { throw ValidationError("name the IDs of dead letters, or pass --all") }
  }

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      let store = try await state.billing(scope.environment, mode: mode)
      let chosen = all ? try await store.deadLetters(limit: .max).map(\.id) : ids
      var open = 0
      for id in chosen {
        let (isDone, text) = BillingReplay.result(await store.replay(id))
        if isDone {
          Output.success("dead letter \(id): \(text)")
        } else {
          open += 1
          Output.failure("dead letter \(id): \(text)")
        }
      }
      if chosen.isEmpty { Output.print("There are no dead letters.") }
      guard open == 0 else {
        throw CommandFailure.failed("\(open) of \(chosen.count) dead letters stay open")
      }
    }
  }

  private static func result(_ replay: BillingStore.Replay) -> (isDone: Bool, text: String) {
    switch replay {
    case .unknown: (false, "not found")
    case .settled(let resolution): (true, "already resolved: \(resolution)")
    case .erased: (false, "its event was erased with the buyer's data; dismiss it")
    case .tried(.credited(let credits)): (true, "\(credits) credits credited")
    case .tried(.reversed(let credits)): (true, "\(credits) credits reversed")
    case .tried(.noted): (true, "recorded, no credits to transfer")
    case .tried(.repeated): (true, "already processed")
    case .tried(.ignored): (true, "events of this type are ignored")
    case .tried(.kept(let refusal)): (false, refusal.message)
    case .tried(.unavailable(let error)): (false, error.description)
    }
  }
}
