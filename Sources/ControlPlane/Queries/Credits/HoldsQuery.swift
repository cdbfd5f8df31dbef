package import Gateway
package import Ledger
package import Model
import Reconciling

/// Lists credits that are held for jobs: `credits holds`.
package struct HoldsQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/holds", name: "listHolds",
    "List credits held for jobs, oldest first. Creators see their own.",
    roles: LedgerSelection.readers,
    parameters: LedgerSelection.apiParameters + [
      APIParameter("account", .query, "Only holds of this account.", schema: WireSchema.text(length: 1...80))
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

  package let ledger: LedgerSelection
  /// Nil for all accounts.
  package let account: String?

  package init(_ ledger: LedgerSelection, account: String?) {
    self.ledger = ledger
    self.account = account
  }

  package init(_ request: APIRequest) throws {
    let ledger = try LedgerSelection(request)
    self.init(ledger, account: request.parameters["account"] ?? ledger.onlyAccount)
  }

  package var parameters: [String: String] {
    var parameters = ledger.parameters
    parameters["account"] = account
    return parameters
  }

  package func answer(in context: LedgerDirectory) async throws -> Answer {
    let open = try await context.open(ledger)
    var name: String?
    if let account { name = try await ledger.account(account, in: open).name }
    return Answer(
      account: name, holds: try await open.ledger.openHolds(of: name), now: context.now())
  }

  package struct Answer: Sendable {
    /// The account of the query; nil for all.
    package let account: String?
    package let holds: [LedgerStore.Hold]
    package let now: Timestamp
  }
}

extension HoldsQuery.Answer: JSONRepresentable {
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
