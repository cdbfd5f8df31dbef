package import Model
package import Postgres

/// What a transaction of another room does with accounts besides `execute`.
extension LedgerStore {
  /// Opens accounts; those that are there keep their kind.
  package static func open(
    _ names: [String], as kind: AccountKind, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(opening, [.textArray(names), .text(kind.rawValue)])
  }

  /// The accounts of these names, as they stay until the transaction ends unless it changes them itself. They are locked in
  /// the order of their ids, as `execute` does, so that nobody waits in a circle. What a hold reserves whose time is over
  /// counts as free, as it does for whoever comes next.
  /// - Parameter time: nil is the database's time.
  package static func lock(
    _ names: [String], at time: Timestamp? = nil, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [String: Account] {
    try await transaction.query(
      "SELECT id FROM accounts WHERE name = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [.textArray(names)])
    let rows = try await transaction.query(
      """
      SELECT a.name, a.kind, a.balance_micro, a.held_micro - coalesce((
        SELECT sum(h.amount_micro)::bigint FROM holds h
        WHERE h.account = a.id AND h.state = 'open' AND h.expires_at <= coalesce($2::timestamptz, clock_timestamp())
      ), 0), a.entries
      FROM accounts a WHERE a.name = ANY ($1)
      """, [.textArray(names), .optional(time, SQLValue.timestamp)])
    var accounts: [String: Account] = [:]
    for row in rows {
      if let account = try Account(row) { accounts[account.name] = account }
    }
    return accounts
  }
}
