package import Gateway
package import Ledger
package import Model

/// An order to give credits: `credits grant`. The same key gives once.
package struct GrantQuery: Query {
  package static let operation = QueryOperation(
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
  package static let kinds: [LedgerStore.AccountKind] = [.creator, .nodeOwner, .moduleDeveloper]

  package let books: LedgerQuery
  /// Plain name of who gets them.
  package let account: String
  package let amount: Credits
  package let key: String
  package let reason: String
  package let kind: LedgerStore.AccountKind
  package let from: String
  /// Whose token it came with; nil where it was given here.
  private var giver: String?

  package init(
    _ books: LedgerQuery, account: String, credits: String, key: String, reason: String,
    kind: LedgerStore.AccountKind, from: String
  ) throws(OperationError) {
    guard let amount = Credits(credits) else {
      throw OperationError.usage(
        "‘\(credits)’ is no number of credits; write for example 25 or 0.5, without a unit")
    }
    guard GrantQuery.kinds.contains(kind) else {
      throw OperationError.usage("--kind is creator, node_owner or module_developer")
    }
    let name = LedgerStore.plainName(account)
    guard LedgerStore.isFree(name) || name.hasPrefix(LedgerStore.erasedPrefix) else {
      throw OperationError.usage("‘\(name)’ is no account; write for example ada")
    }
    self.books = books
    self.account = name
    self.amount = amount
    self.key = key
    self.reason = reason
    self.kind = kind
    self.from = from
    if let problem = call.problem { throw OperationError.usage(problem.message) }
  }

  package init(_ request: APIRequest) throws {
    let body = request.body ?? .null
    try self.init(
      try LedgerQuery(request), account: body.text(at: "account") ?? "",
      credits: body.text(at: "credits") ?? "",
      key: body.text(at: "key") ?? "", reason: body.text(at: "reason") ?? "",
      kind: body.word(at: "kind", of: LedgerStore.AccountKind.self) ?? .creator,
      from: body.text(at: "from") ?? LedgerStore.clearingAccount)
    giver = request.principal.name
  }

  package var parameters: [String: String] { books.parameters }

  package var body: Value? {
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

  package func answer(in session: Session) async throws -> Answer {
    let open = try await session.books(books)
    _ = try await open.account(from)
    var result = try await open.ledger.execute([call])[0]
    // Opened only for a grant that would succeed, so that a refusal leaves nothing behind.
    if case .failure(let error) = result, error.code == .unknownPayee, LedgerStore.isFree(account) {
      try await open.ledger.open([account], as: kind)
      result = try await open.ledger.execute([call])[0]
    }
    if case .failure(let error) = result {
      throw OperationError.failed("nothing was given: \(error.message)")
    }
    if let giver {
      // The books know accounts alone.
      session.progress.remark(
        "\(giver) (API) gave \(amount) credits from \(LedgerStore.plainName(from)) to \(account) under key \(key)"
      )
    }
    return Answer(account: account, amount: amount, available: try await open.account(account).available)
  }

  package struct Answer: JSONRepresentable {
    package let account: String
    package let amount: Credits
    /// What the account may spend now.
    package let available: Credits

    package init(account: String, amount: Credits, available: Credits) {
      self.account = account
      self.amount = amount
      self.available = available
    }

    package var value: Value {
      .members([
        "account": .string(account), "credits": .string(amount.description),
        "available": .string(available.description),
      ])
    }

    package init?(_ value: Value) {
      guard let account = value.text(at: "account"), let amount = value.credits(at: "credits"),
        let available = value.credits(at: "available")
      else { return nil }
      self.init(account: account, amount: amount, available: available)
    }
  }
}
