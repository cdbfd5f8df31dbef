package import Gateway
package import Ledger
package import Model

/// Lists accounts with their balances: `credits balance`.
package struct BalanceQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/accounts", name: "listAccounts",
    "List accounts with their balance, held and available credits. Creators see their own account.",
    roles: LedgerSelection.readers,
    parameters: LedgerSelection.apiParameters + [
      APIParameter(
        "accounts", .query, "Only these accounts, separated by commas. Default: all, by name.",
        schema: WireSchema.text(length: 1...8000))
    ],
    answer: (
      "The accounts.",
      WireSchema.object([
        "accounts": WireSchema.list(
          WireSchema.object([
            "account": WireSchema.text, "kind": WireSchema.text, "balance": WireSchema.credits,
            "held": WireSchema.credits,
            "available": WireSchema.credits, "entries": WireSchema.integer,
          ]))
      ])
    ))

  package let ledger: LedgerSelection
  /// Empty for all.
  package let accounts: [String]

  package init(_ ledger: LedgerSelection, accounts: [String]) {
    self.ledger = ledger
    self.accounts = accounts
  }

  package init(_ request: APIRequest) throws {
    let names = request.parameters["accounts"]?.split(separator: ",").map(String.init) ?? []
    let ledger = try LedgerSelection(request)
    self.init(ledger, accounts: names.isEmpty ? ledger.onlyAccount.map { [$0] } ?? [] : names)
  }

  package var parameters: [String: String] {
    accounts.isEmpty
      ? ledger.parameters
      : ledger.parameters.merging(["accounts": accounts.joined(separator: ",")]) { first, _ in first }
  }

  package func answer(in context: LedgerDirectory) async throws -> Answer {
    let open = try await context.open(ledger)
    guard !accounts.isEmpty else { return Answer(accounts: try await open.ledger.accounts()) }
    var found: [LedgerStore.Account] = []
    for name in accounts { found.append(try await ledger.account(name, in: open)) }
    return Answer(accounts: found)
  }

  package struct Answer: Sendable {
    package let accounts: [LedgerStore.Account]
  }
}

extension BalanceQuery.Answer: JSONRepresentable {
  package var value: Value { .members(["accounts": .array(accounts.map(\.value))]) }

  package init?(_ value: Value) {
    guard let accounts = value.list(at: "accounts", of: LedgerStore.Account.self) else { return nil }
    self.init(accounts: accounts)
  }
}
