import Gateway
import Ledger
import Model

/// An order to give credits: `credits grant`. The same key gives once.
struct GrantQuery: Query {
  static let operation = QueryOperation(
    .post, "credits/grants", name: "grantCredits",
    "Give credits to an account, once for a key. An account that is not there yet is opened.",
    roles: [.operator],
    parameters: LedgerQuery.apiParameters,
    body: APIBody(
      schema: WireSchema.object(
        ["account": WireSchema.text(1...80), "credits": WireSchema.credits, "key": WireSchema.text(1...200)],
        optional: [
          "reason": WireSchema.text(0...500), "from": WireSchema.text(1...80),
          "kind": WireSchema.word(kinds.map(\.rawValue)),
        ], isClosed: true), maxBytes: 16 << 10),
    answer: (
      "They are in the books.",
      WireSchema.object([
        "account": WireSchema.text, "credits": WireSchema.credits, "available": WireSchema.credits,
      ])
    ))

  /// What an account that is opened may become.
  static let kinds: [LedgerStore.AccountKind] = [.creator, .nodeOwner, .moduleDeveloper]

  let books: LedgerQuery
  /// Plain name of who gets them.
  let account: String
  let amount: Credits
  let key: String
  let reason: String
  let kind: LedgerStore.AccountKind
  let from: String
  /// Whose token it came with; nil where it was given here.
  private var giver: String?

  init(
    _ books: LedgerQuery, account: String, credits: String, key: String, reason: String,
    kind: LedgerStore.AccountKind, from: String
  ) throws(CommandFailure) {
    guard let amount = Credits(credits) else {
      throw CommandFailure.usage(
        "‘\(credits)’ is no number of credits; write for example 25 or 0.5, without a unit")
    }
    guard GrantQuery.kinds.contains(kind) else {
      throw CommandFailure.usage("--kind is creator, node_owner or module_developer")
    }
    let name = LedgerStore.plainName(account)
    guard LedgerStore.isFree(name) || name.hasPrefix(LedgerStore.erasedPrefix) else {
      throw CommandFailure.usage("‘\(name)’ is no account; write for example ada")
    }
    self.books = books
    self.account = name
    self.amount = amount
    self.key = key
    self.reason = reason
    self.kind = kind
    self.from = from
    if let problem = call.problem { throw CommandFailure.usage(problem.message) }
  }

  init(_ request: APIRequest) throws {
    let body = request.body ?? .null
    try self.init(
      try LedgerQuery(request), account: body.text(at: "account") ?? "",
      credits: body.text(at: "credits") ?? "",
      key: body.text(at: "key") ?? "", reason: body.text(at: "reason") ?? "",
      kind: body.word(at: "kind", of: LedgerStore.AccountKind.self) ?? .creator,
      from: body.text(at: "from") ?? LedgerStore.clearingAccount)
    giver = request.principal.name
  }

  var parameters: [String: String] { books.parameters }

  var body: Value? {
    .members([
      "account": .string(account), "credits": .string(amount.description), "key": .string(key),
      "reason": .string(reason), "kind": .string(kind.rawValue), "from": .string(from),
    ])
  }

  private var call: LedgerCall {
    LedgerCall(
      .transfer([LedgerLeg(to: account, amount, for: "grant")], job: reason), on: LedgerStore.plainName(from),
      key: "grant/\(account)/\(key)")
  }

  func answer(in session: Session) async throws -> Answer {
    let open = try await session.books(books)
    _ = try await open.account(from)
    var result = try await open.ledger.execute([call])[0]
    // Opened only for a grant that would succeed, so that a refusal leaves nothing behind.
    if case .failure(let error) = result, error.code == .unknownPayee, LedgerStore.isFree(account) {
      try await open.ledger.open([account], as: kind)
      result = try await open.ledger.execute([call])[0]
    }
    if case .failure(let error) = result {
      throw CommandFailure.failed("nothing was given: \(error.message)")
    }
    if let giver {
      // The books know accounts alone.
      session.progress.remark(
        "\(giver) (API) gave \(amount) credits from \(LedgerStore.plainName(from)) to \(account) under key \(key)"
      )
    }
    return Answer(account: account, amount: amount, available: try await open.account(account).available)
  }

  struct Answer: JSONRepresentable {
    let account: String
    let amount: Credits
    /// What the account may spend now.
    let available: Credits

    init(account: String, amount: Credits, available: Credits) {
      self.account = account
      self.amount = amount
      self.available = available
    }

    var value: Value {
      .members([
        "account": .string(account), "credits": .string(amount.description),
        "available": .string(available.description),
      ])
    }

    init?(_ value: Value) {
      guard let account = value.text(at: "account"), let amount = value.credits(at: "credits"),
        let available = value.credits(at: "available")
      else { return nil }
      self.init(account: account, amount: amount, available: available)
    }
  }
}
