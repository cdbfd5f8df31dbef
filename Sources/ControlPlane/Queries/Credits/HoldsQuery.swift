package import Gateway
package import Ledger
package import Model
import Reconciling

/// What is reserved for jobs: `credits holds`.
package struct HoldsQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/holds", name: "listHolds",
    "What is reserved for jobs, oldest first. Creators see their own.",
    roles: LedgerQuery.readers,
    parameters: LedgerQuery.apiParameters + [
      APIParameter("account", .query, "Only this account’s.", schema: WireSchema.text(1...80))
    ],
    answer: (
      "Open holds.",
      WireSchema.object(
        [
          "now": WireSchema.time,
          "holds": WireSchema.list(
            WireSchema.object([
              "hold": WireSchema.integer, "account": WireSchema.text, "credits": WireSchema.credits,
              "job": WireSchema.text,
              "openedAt": WireSchema.time, "expiresAt": WireSchema.time,
            ])),
        ], optional: ["account": WireSchema.text])
    ))

  package let books: LedgerQuery
  /// Nil: everybody's.
  package let account: String?

  package init(_ books: LedgerQuery, account: String?) {
    self.books = books
    self.account = account
  }

  package init(_ request: APIRequest) throws {
    let books = try LedgerQuery(request)
    self.init(books, account: request.parameters["account"] ?? books.onlyAccount)
  }

  package var parameters: [String: String] {
    var parameters = books.parameters
    parameters["account"] = account
    return parameters
  }

  package func answer(in session: Session) async throws -> Answer {
    let open = try await session.books(books)
    var name: String?
    if let account { name = try await books.account(account, in: open).name }
    return Answer(
      account: name, holds: try await open.ledger.openHolds(of: name), now: session.engine.time.now())
  }

  package struct Answer: JSONRepresentable {
    /// The one that was asked for.
    package let account: String?
    package let holds: [LedgerStore.Hold]
    package let now: Timestamp

    package init(account: String?, holds: [LedgerStore.Hold], now: Timestamp) {
      self.account = account
      self.holds = holds
      self.now = now
    }

    package var value: Value {
      .members([
        "account": account.map(Value.string), "holds": .array(holds.map(\.value)),
        "now": .string(now.description),
      ])
    }

    package init?(_ value: Value) {
      guard let holds = value.list(at: "holds", of: LedgerStore.Hold.self), let now = value.time(at: "now")
      else { return nil }
      self.init(account: value.text(at: "account"), holds: holds, now: now)
    }
  }
}
