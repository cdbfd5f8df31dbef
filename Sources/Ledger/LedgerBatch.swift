package import Model
package import Postgres

/// Calls as one statement, for callers that send it together with other statements.
package struct LedgerBatch: Sendable {
  private let calls: [LedgerCall]
  private let time: Timestamp?
  /// The errors of invalid calls, which are not sent.
  private let problems: [LedgerError?]

  /// - Parameter time: The time to record; nil is the database's time.
  package init(_ calls: [LedgerCall], at time: Timestamp? = nil) {
    self.calls = calls
    self.time = time
    problems = calls.map(\.problem)
  }

  private var sent: [Int] { calls.indices.filter { problems[$0] == nil } }

  /// Nil if no call is to be sent.
  package var statement: Statement? {
    let sent = sent.map { calls[$0] }
    return sent.isEmpty ? nil : Statement(LedgerBatch.sql, LedgerBatch.parameters(sent, time))
  }

  /// The outcome of each call, in their order.
  /// - Parameter rows: The result of the statement; nil if there was none.
  package func outcomes(_ rows: Rows?) throws(PostgresError) -> [Result<LedgerReceipt, LedgerError>] {
    var results = problems.map { problem in problem.map { Result<LedgerReceipt, LedgerError>.failure($0) } }
    guard let rows else { return results.compactMap { $0 } }
    for (index, row) in zip(sent, rows) {
      let outcome = try row.text("outcome")
      if outcome == "done" {
        results[index] = .success(
          LedgerReceipt(
            hold: try row.optionalInt("hold"), rules: try row.optionalInt("rules"),
            available: Credits(micro: try row.int("available"))))
      } else {
        results[index] = .failure(
          LedgerError(LedgerError.Code(rawValue: outcome) ?? .invalidAmount, of: calls[index]))
      }
    }
    return results.compactMap { $0 }
  }

  private static let sql = """
    SELECT outcome, hold, available, rules
    FROM ledger_execute($1::timestamptz, $2::text[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[],
      $7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[], $13::text[],
      $14::bigint[])
    """

  private static func parameters(_ calls: [LedgerCall], _ time: Timestamp?) -> [SQLValue] {
    var kinds: [String] = []
    var (amounts, holds, jobs, lifetimes): ([SQLValue], [SQLValue], [String], [SQLValue]) = ([], [], [], [])
    var legs: [(call: Int, leg: LedgerLeg)] = []
    for (index, call) in calls.enumerated() {
      var (amount, hold, job, lifetime, own): (SQLValue, SQLValue, String, SQLValue, [LedgerLeg]) =
        (.null, .null, "", .null, [])
      switch call.operation {
      case .hold(let credits, let name, let span):
        kinds.append("hold")
        (amount, job, lifetime) = (.int(credits.micro), name, .int(span.milliseconds / 1000))
      case .capture(let id, let list):
        kinds.append("capture")
        (hold, own) = (.int(id), list)
      case .void(let id):
        kinds.append("void")
        hold = .int(id)
      case .transfer(let list, let name):
        kinds.append("transfer")
        (job, own) = (name, list)
      }
      amounts.append(amount)
      holds.append(hold)
      jobs.append(job)
      lifetimes.append(lifetime)
      legs += own.map { (index + 1, $0) }
    }
    return [
      .optional(time, SQLValue.timestamp), .textArray(kinds),
      .array(calls.map { .text("\\x" + $0.keyDigest.hex) }),
      .array(calls.map { .text("\\x" + $0.digest.hex) }), .textArray(calls.map(\.account)), .array(amounts),
      .array(holds), .textArray(jobs), .array(lifetimes), .intArray(legs.map { Int64($0.call) }),
      .textArray(legs.map(\.leg.account)), .intArray(legs.map(\.leg.amount.micro)),
      .textArray(legs.map(\.leg.type)), .array(legs.map { .optional($0.leg.rules, SQLValue.int) }),
    ]
  }
}
