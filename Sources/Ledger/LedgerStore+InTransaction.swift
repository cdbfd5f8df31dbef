package import Model
package import Postgres

/// Operations on accounts within a transaction of another module, besides `execute`.
extension LedgerStore {
  /// Opens accounts. Existing accounts keep their kind.
  package static func open(
    _ names: [String], as kind: AccountKind, in transaction: PostgresTransaction
  ) async throws(PostgresError) {
    try await transaction.query(opening, [.textArray(names), .text(kind.rawValue)])
  }

  /// Locks the accounts of these names until the transaction ends, and returns them. They are locked in the
  /// order of their ids, as by `execute`, which prevents deadlocks. What overdue holds reserve counts as
  /// available, as it does for the next call.
  /// - Parameter time: Decides which holds are overdue; nil is the database's time.
  package static func lock(
    _ names: [String], at time: Timestamp? = nil, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [String: Account] {
    try await transaction.query(
      "SELECT id FROM accounts WHERE name = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [.textArray(names)])
    let rows = try await transaction.query(
      LedgerSQL.lockedAccounts, [.textArray(names), .optional(time, SQLValue.timestamp)])
    var accounts: [String: Account] = [:]
    for row in rows {
      if let account = try Account(row) { accounts[account.name] = account }
    }
    return accounts
  }
}
