import ArgumentParser
import Billing
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
      """, subcommands: [BillingLetters.self, BillingShow.self, BillingReplay.self],
    defaultSubcommand: BillingLetters.self)
}

struct BillingLetters: AsyncParsableCommand {
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
      let letters = try await session.billing(environment).letters(limit: limit)
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
    Output.write(
      table.text(width: Output.width) { cell, row, _ in row == 0 ? Output.style.dim(cell) : cell })
  }
}

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

struct BillingReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Try dead letters again, with the prices and accounts as they are now.",
    discussion: """
      Where no PriceMap had a price when the session was made, what it gives now counts. Exits with 1 when a letter \
      stays open. What a session bought is asked with the key in STRIPE_SECRET.
      """)

  @Argument(help: "Numbers of letters.")
  var ids: [Int64] = []

  @Flag(name: .long, help: "All open letters.")
  var all = false

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func validate() throws {
    guard all != !ids.isEmpty else { throw ValidationError("say which letters: their numbers, or --all") }
  }

  func run() async throws {
    try await Session.open(state) { session in
      let books = try await session.billing(environment)
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

  private static func words(_ replay: BillingBooks.Replay) -> (isDone: Bool, text: String) {
    switch replay {
    case .unknownLetter: (false, "there is no such letter")
    case .settled(let how): (true, "settled before: \(how)")
    case .erased: (false, "its event was erased with the buyer's data")
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

extension Session {
  /// The books of an environment's purchases; Stripe's settings are those of a server in this process's environment.
  fileprivate func billing(_ option: EnvironmentOption) async throws -> BillingBooks {
    let environment = try environment(option)
    let stripe = try ServerSettings(ServerSettings.Flags(), environment: Environment.all).stripe
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
  fileprivate var value: Value {
    .members([
      "id": .integer(id), "event": .string(event), "type": .string(type),
      "about": subject.isEmpty ? nil : .string(subject), "account": account.map(Value.string),
      "reason": .string(reason), "message": .string(message), "receivedAt": .string(receivedAt.description),
      "attempts": .integer(attempts), "resolvedAt": resolvedAt.map { .string($0.description) },
      "resolution": resolution.map(Value.string),
    ])
  }
}
