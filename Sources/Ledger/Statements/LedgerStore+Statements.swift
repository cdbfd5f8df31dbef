package import Model
package import Postgres

extension LedgerStore {
  /// The statement of an account; nil: there is no such account. The cost grows with the entries of the span
  /// and after it, not with those before.
  package func statement(
    of name: String, from: Timestamp, to: Timestamp
  ) async throws(PostgresError) -> AccountStatement? {
    try await pool.transaction(TransactionOptions(isolation: .repeatableRead, isReadOnly: true)) {
      transaction throws(PostgresError) in
      let found = try await transaction.query(
        "SELECT id, kind, held_micro FROM accounts WHERE name = $1", [.text(name)])
      guard let account = found.first, let kind = AccountKind(rawValue: try account.text("kind")) else {
        return nil
      }
      let id = SQLValue.int(try account.int("id"))
      let before = try await transaction.query(LedgerSQL.entryBefore, [id, .timestamp(from)]).first
      let until = try await transaction.query(LedgerSQL.entryBefore, [id, .timestamp(to)]).first
      let rows = try await transaction.query(
        LedgerSQL.statementLines,
        [id, .int(try before?.int("number") ?? 0), .int(try until?.int("number") ?? 0)])
      var lines: [AccountStatement.Line] = []
      lines.reserveCapacity(rows.count)
      for row in rows {
        lines.append(
          AccountStatement.Line(
            entry: try row.int("id"), at: try row.timestamp("recorded_at"), type: try row.text("type"),
            job: try row.text("job"), other: try row.text("other"),
            amount: Credits(micro: try row.int("amount")), balance: Credits(micro: try row.int("balance"))))
      }
      return AccountStatement(
        account: name, kind: kind, from: from, to: to,
        opening: Credits(micro: try before?.int("balance") ?? 0), lines: lines,
        held: Credits(micro: try account.int("held_micro")))
    }
  }

  /// Accounts sorted by name.
  /// - Parameter kind: Nil for all kinds.
  package func accounts(of kind: AccountKind? = nil) async throws(PostgresError) -> [Account] {
    let rows = try await pool.query(
      "SELECT \(Account.columns) FROM accounts WHERE kind = $1 OR $1 IS NULL ORDER BY name",
      [.optional(kind?.rawValue, SQLValue.text)])
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

  /// Open holds, oldest first.
  /// - Parameter account: Nil for all accounts.
  package func openHolds(of account: String? = nil) async throws(PostgresError) -> [Hold] {
    let rows = try await pool.query(LedgerSQL.openHolds, [.optional(account, SQLValue.text)])
    var holds: [Hold] = []
    for row in rows {
      holds.append(
        Hold(
          id: try row.int("id"), account: try row.text("account"),
          amount: Credits(micro: try row.int("amount_micro")), job: try row.text("job"),
          openedAt: try row.timestamp("opened_at"), expiresAt: try row.timestamp("expires_at")))
    }
    return holds
  }
}
