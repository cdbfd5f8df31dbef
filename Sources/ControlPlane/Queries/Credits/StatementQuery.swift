package import Gateway
package import Ledger
import Manifests
package import Model
import Reconciling

/// What happened on an account in a month: `credits statement`.
package struct StatementQuery: Query {
  package static let operation = QueryOperation(
    .get, "credits/accounts/{account}/statement", name: "getStatement",
    "What happened on an account in a month. Creators see their own.", roles: LedgerQuery.readers,
    parameters: LedgerQuery.apiParameters + [
      APIParameter("account", .path, "Whose.", schema: WireSchema.text(1...80), isRequired: true),
      APIParameter(
        "month", .query, "Such as 2026-11; this month where it is left out.",
        schema: .members(["type": .string("string"), "pattern": .string("^[0-9]{4}-[0-9]{2}$")])),
    ],
    answer: (
      "The statement, with the month’s name, and what a credit is worth in ten-thousandths of a dollar.",
      WireSchema.object([
        "now": WireSchema.time, "month": WireSchema.text, "creditWorth": WireSchema.integer,
        "statement": WireSchema.any,
      ])
    ))

  package let books: LedgerQuery
  package let account: String
  /// Nil: this one.
  package let month: CalendarMonth?

  package init(_ books: LedgerQuery, account: String, month: CalendarMonth?) {
    self.books = books
    self.account = account
    self.month = month
  }

  package init(_ request: APIRequest) throws {
    let month = request.parameters["month"]
    self.init(
      try LedgerQuery(request), account: request.parameters["account"] ?? "",
      month: month.flatMap { CalendarMonth($0) })
    if let month, self.month == nil { throw OperationError.usage("‘\(month)’ is no month such as 2026-11") }
  }

  package var parameters: [String: String] {
    var parameters = books.parameters
    parameters["account"] = LedgerStore.plainName(account)
    parameters["month"] = month?.text
    return parameters
  }

  package func answer(in session: Session) async throws -> Answer {
    let open = try await session.books(books)
    let now = session.engine.time.now()
    let month = month ?? CalendarMonth(containing: now)
    let name = try await books.account(account, in: open).name
    guard let statement = try await open.ledger.statement(of: name, from: month.start, to: month.end) else {
      throw OperationError.missing("there is no account ‘\(name)’")
    }
    return Answer(
      statement: statement, month: month.name,
      creditWorth: open.resource.spec.credit.usd.tenThousandths, now: now)
  }

  package struct Answer: JSONRepresentable {
    package let statement: AccountStatement
    /// `November 2026`
    package let month: String
    /// In ten-thousandths of a dollar.
    package let creditWorth: Int64
    package let now: Timestamp

    package init(statement: AccountStatement, month: String, creditWorth: Int64, now: Timestamp) {
      self.statement = statement
      self.month = month
      self.creditWorth = creditWorth
      self.now = now
    }

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
}
