package import Gateway
package import Ledger
package import Model

/// Grants credits to an account: `credits grant`. Idempotent by key.
package struct GrantQuery: Query {
  package static let operation = QueryOperation(
    .post, "credits/grants", name: "grantCredits",
    "Grant credits to an account. Idempotent by key. Opens the account if it does not exist.",
    roles: [.operator],
    parameters: LedgerSelection.apiParameters,
    body: APIBody(
      schema: WireSchema.object(
        [
          "account": WireSchema.text(length: 1...80), "credits": WireSchema.credits,
          "key": WireSchema.text(length: 1...200),
        ],
        optional: [
          "reason": WireSchema.text(length: 0...500), "from": WireSchema.text(length: 1...80),
          "kind": WireSchema.word(kinds.map(\.rawValue)),
        ], isClosed: true), maxBytes: 16 << 10),
    answer: (
      "The credits were granted.",
      WireSchema.object([
        "account": WireSchema.text, "credits": WireSchema.credits, "available": WireSchema.credits,
      ])
    ))

  /// The kinds of a new account.
  package static let kinds: [LedgerStore.AccountKind] = [.creator, .nodeOwner, .moduleDeveloper]

  package let ledger: LedgerSelection
  /// The plain name of the account that receives the credits.
  package let account: String
  package let amount: Credits
  package let key: String
  package let reason: String
  package let kind: LedgerStore.AccountKind
  package let from: String
  /// The name of the caller's token; nil for a local command.
  private var grantor: String?

  package init(
    _ ledger: LedgerSelection, account: String, credits: String, key: String, reason: String,
    kind: LedgerStore.AccountKind, from: String
  ) throws(OperationError) {
    guard let amount = Credits(credits) else {
      throw OperationError.usage(
        "‘\(credits)’ is not a number of credits; write for example 25 or 0.5, without a unit")
    }
    guard GrantQuery.kinds.contains(kind) else {
      throw OperationError.usage("--kind is creator, node_owner or module_developer")
    }
    let name = LedgerStore.plainName(account)
    guard LedgerStore.isValidName(name) || name.hasPrefix(LedgerStore.erasedPrefix) else {
      throw OperationError.usage("‘\(name)’ is not the name of an account; write for example ada")
    }
    guard !key.isEmpty, key.firstControlCharacter == nil else {
      throw OperationError.usage("--key must not be empty and must not contain control characters")
    }
    self.ledger = ledger
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
      try LedgerSelection(request), account: body.text(at: "account") ?? "",
      credits: body.text(at: "credits") ?? "",
      key: body.text(at: "key") ?? "", reason: body.text(at: "reason") ?? "",
      kind: body.word(at: "kind", of: LedgerStore.AccountKind.self) ?? .creator,
      from: body.text(at: "from") ?? LedgerStore.clearingAccount)
    grantor = request.principal.name
  }

  package var parameters: [String: String] { ledger.parameters }

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

  package func answer(in context: GrantContext) async throws -> Answer {
    let open = try await context.ledgers.open(ledger)
    _ = try await open.account(from)
    var result = try await open.ledger.execute([call])[0]
    // Opens the account only for a grant that succeeds, so that a refused grant leaves no account.
    if case .failure(let error) = result, error.code == .unknownPayee, LedgerStore.isValidName(account) {
      try await open.ledger.open([account], as: kind)
      result = try await open.ledger.execute([call])[0]
    }
    if case .failure(let error) = result {
      throw OperationError.failed("nothing was granted: \(error.message)")
    }
    // The credits are granted even if this fails; the next pass records the entry too.
    try? await context.ledgers.recordHead(of: open)
    if let grantor {
      // The ledger records accounts only.
      context.reporter.remark(
        "\(grantor) (API) granted \(amount) credits from \(LedgerStore.plainName(from)) to \(account) "
          + "with key \(key)")
    }
    return Answer(account: account, amount: amount, available: try await open.account(account).available)
  }

  package struct Answer: Sendable {
    package let account: String
    package let amount: Credits
    /// Available credits after the grant.
    package let available: Credits
  }
}

extension GrantQuery.Answer: JSONRepresentable {
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
