package import Model
package import Postgres

extension LedgerStore {
  /// The statement of an account; nil: there is no such account. Costs what the span and what came after it hold, not
  /// what came before.
  package func statement(
    of name: String, from: Timestamp, to: Timestamp
  ) async throws(PostgresError) -> AccountStatement? {
    try await pool.transaction(TransactionOptions(isolation: .repeatableRead, isReadOnly: true)) {
      transaction throws(PostgresError) in
      let found = try await transaction.query(
        "SELECT id, kind, held_micro FROM accounts WHERE name = $1", [.text(name)])
      guard let account = found.first, let kind = AccountKind(rawValue: try account.text(1)) else {
        return nil
      }
      let id = SQLValue.int(try account.int(0))
      let before = try await transaction.query(LedgerStore.lastBefore, [id, .timestamp(from)]).first
      let until = try await transaction.query(LedgerStore.lastBefore, [id, .timestamp(to)]).first
      let rows = try await transaction.query(
        LedgerStore.lines, [id, .int(try before?.int(0) ?? 0), .int(try until?.int(0) ?? 0)])
      var lines: [AccountStatement.Line] = []
      lines.reserveCapacity(rows.count)
      for row in rows {
        lines.append(
          AccountStatement.Line(
            entry: try row.int(0), at: try row.timestamp(1), type: try row.text(2), job: try row.text(3),
            other: try row.text(4), amount: Credits(micro: try row.int(5)),
            balance: Credits(micro: try row.int(6))))
      }
      return AccountStatement(
        account: name, kind: kind, from: from, to: to, opening: Credits(micro: try before?.int(1) ?? 0),
        lines: lines, held: Credits(micro: try account.int(2)))
    }
  }

  /// The number and balance of an account's last entry before a time. An account's entries stand in the order of their
  /// times, so it is found from the newest backwards.
  private static let lastBefore = """
    SELECT number, balance FROM (
      (SELECT debit_number AS number, debit_balance_micro AS balance FROM ledger_entries
        WHERE debit_account = $1 AND recorded_at < $2 ORDER BY debit_number DESC LIMIT 1)
      UNION ALL
      (SELECT credit_number, credit_balance_micro FROM ledger_entries
        WHERE credit_account = $1 AND recorded_at < $2 ORDER BY credit_number DESC LIMIT 1)
    ) e ORDER BY number DESC LIMIT 1
    """

  /// Entries of an account by number, above the second up to the third parameter.
  private static let lines = """
    SELECT e.id, e.recorded_at, e.type, e.job, a.name, e.amount, e.balance FROM (
      SELECT id, recorded_at, type, job, credit_account AS other, -amount_micro AS amount,
        debit_balance_micro AS balance, debit_number AS number
      FROM ledger_entries WHERE debit_account = $1 AND debit_number > $2 AND debit_number <= $3
      UNION ALL
      SELECT id, recorded_at, type, job, debit_account, amount_micro, credit_balance_micro, credit_number
      FROM ledger_entries WHERE credit_account = $1 AND credit_number > $2 AND credit_number <= $3
    ) e JOIN accounts a ON a.id = e.other ORDER BY e.number
    """

  /// All accounts, by name; with a kind, those of that kind.
  package func accounts(of kind: AccountKind? = nil) async throws(PostgresError) -> [Account] {
    let rows = try await pool.query(
      """
      SELECT name, kind, balance_micro, held_micro, entries FROM accounts WHERE kind = $1 OR $1 IS NULL ORDER BY name
      """, [.optional(kind?.rawValue, SQLValue.text)])
    var accounts: [Account] = []
    for row in rows { if let account = try Account(row) { accounts.append(account) } }
    return accounts
  }

  package struct Hold: Hashable, Sendable {
    package let id: Int64
    package let account: String
    package let amount: Credits
    package let job: String
    package let openedAt: Timestamp
    package let expiresAt: Timestamp
  }

  /// Open holds, oldest first; with an account, its own.
  package func openHolds(of account: String? = nil) async throws(PostgresError) -> [Hold] {
    let rows = try await pool.query(
      """
      SELECT h.id, a.name, h.amount_micro, h.job, h.opened_at, h.expires_at FROM holds h
      JOIN accounts a ON a.id = h.account
      WHERE h.state = 'open' AND (a.name = $1 OR $1 IS NULL) ORDER BY h.opened_at, h.id
      """, [.optional(account, SQLValue.text)])
    var holds: [Hold] = []
    for row in rows {
      holds.append(
        Hold(
          id: try row.int(0), account: try row.text(1), amount: Credits(micro: try row.int(2)),
          job: try row.text(3), openedAt: try row.timestamp(4), expiresAt: try row.timestamp(5)))
    }
    return holds
  }
}
