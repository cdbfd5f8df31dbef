package import Gateway
package import Ledger
import Manifests
package import Model
import Reconciling

/// The monthly statement of an account: `credits statement`.
package struct StatementQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/accounts/{account}/statement", name: "getStatement",
    "Show the monthly statement of an account. Creators see their own.", roles: LedgerSelection.readers,
    parameters: LedgerSelection.apiParameters + [
      APIParameter(
        "account", .path, "The account.", schema: WireSchema.text(length: 1...80), isRequired: true),
      APIParameter(
        "month", .query, "A month such as 2026-11. Default: this month.",
        schema: .members(["type": .string("string"), "pattern": .string("^[0-9]{4}-[0-9]{2}$")])),
    ],
    answer: (
      "The statement, the name of the month, and the value of a credit in ten-thousandths of a dollar.",
      WireSchema.object([
        "now": WireSchema.time, "month": WireSchema.text, "creditWorth": WireSchema.integer,
        "statement": WireSchema.any,
      ])
    ))

  package let ledger: LedgerSelection
  package let account: String
  /// Nil: this month.
  package let month: CalendarMonth?

  package init(_ ledger: LedgerSelection, account: String, month: CalendarMonth?) {
    self.ledger = ledger
    self.account = account
    self.month = month
  }

  package init(_ request: APIRequest) throws {
    let month = request.parameters["month"]
    self.init(
      try LedgerSelection(request), account: request.parameters["account"] ?? "",
      month: month.flatMap { CalendarMonth($0) })
    if let month, self.month == nil {
      throw OperationError.usage("‘\(month)’ is not a month such as 2026-11")
    }
  }

  package var parameters: [String: String] {
    var parameters = ledger.parameters
    parameters["account"] = LedgerStore.plainName(account)
    parameters["month"] = month?.text
    return parameters
  }

  package func answer(in context: LedgerDirectory) async throws -> Answer {
    let open = try await context.open(ledger)
    let now = context.now()
    let month = month ?? CalendarMonth(containing: now)
    let name = try await ledger.account(account, in: open).name
    guard let statement = try await open.ledger.statement(of: name, from: month.start, to: month.end) else {
      throw OperationError.missing("there is no account ‘\(name)’")
    }
    return Answer(
      statement: statement, month: month.name,
      creditWorth: open.resource.spec.credit.usd.tenThousandths, now: now)
  }

  package struct Answer: Sendable {
    package let statement: AccountStatement
    /// `November 2026`
    package let month: String
    /// In ten-thousandths of a dollar.
    package let creditWorth: Int64
    package let now: Timestamp
  }
}

extension StatementQuery.Answer: JSONRepresentable {
  package var value: Value {
    .members([
      "statement": statement.value, "month": .string(month), "creditWorth": .integer(creditWorth),
      "now": .string(now.description),
    ])
  }

  package init?(_ value: Value) {
    guard let statement = value["statement"].flatMap({ AccountStatement($0) }),
      let month = value.text(at: "month"), let worth = value.integer(at: "creditWorth"),
      let now = value.time(at: "now")
    else { return nil }
    self.init(statement: statement, month: month, creditWorth: worth, now: now)
  }
}
