package import Gateway
package import Ledger
package import Model

/// What accounts have: `credits balance`.
package struct BalanceQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/accounts", name: "listAccounts",
    "What accounts have, what is held back, and what they may spend. Creators see their own.",
    roles: LedgerQuery.readers,
    parameters: LedgerQuery.apiParameters + [
      APIParameter(
        "accounts", .query, "Only these, with commas between; all by name where it is left out.",
        schema: WireSchema.text(1...8000))
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

  package let books: LedgerQuery
  /// Empty: all.
  package let accounts: [String]

  package init(_ books: LedgerQuery, accounts: [String]) {
    self.books = books
    self.accounts = accounts
  }

  package init(_ request: APIRequest) throws {
    let names = request.parameters["accounts"]?.split(separator: ",").map(String.init) ?? []
    let books = try LedgerQuery(request)
    self.init(books, accounts: names.isEmpty ? books.onlyAccount.map { [$0] } ?? [] : names)
  }

  package var parameters: [String: String] {
    accounts.isEmpty
      ? books.parameters
      : books.parameters.merging(["accounts": accounts.joined(separator: ",")]) { first, _ in first }
  }

  package func answer(in session: Session) async throws -> Answer {
    let open = try await session.books(books)
    guard !accounts.isEmpty else { return Answer(accounts: try await open.ledger.accounts()) }
    var found: [LedgerStore.Account] = []
    for name in accounts { found.append(try await books.account(name, in: open)) }
    return Answer(accounts: found)
  }

  package struct Answer: JSONRepresentable {
    package let accounts: [LedgerStore.Account]

    package init(accounts: [LedgerStore.Account]) { self.accounts = accounts }

    package var value: Value { .members(["accounts": .array(accounts.map(\.value))]) }

    package init?(_ value: Value) {
      guard let accounts = value.list(at: "accounts", of: LedgerStore.Account.self) else { return nil }
      self.init(accounts: accounts)
    }
  }
}
