package import Ledger
internal import Model
package import Postgres

/// Removes a person's data from the tables of purchases when their account is erased. The ledger's entries
/// and all amounts stay: later refunds still find their purchase, under the account's new name.
package enum BillingErasure {
  /// The hook of the ledger's erasure, which runs after the account was renamed.
  package static let hook: LedgerErasure.Hook = {
    (transaction, account, name) async throws(PostgresError) in
    try await erase(name, renamedTo: "\(LedgerStore.erasedPrefix)\(account)", in: transaction)
  }

  /// Erases a person who has dead letters but no account in the ledger, because no session was credited. May
  /// be repeated.
  /// - Returns: The number of changed rows. Nil if the ledger has the account, which is to be erased there;
  ///   nothing is changed then.
  package static func eraseDeadLetters(
    of account: String, in pool: PostgresPool
  ) async throws(PostgresError) -> Int? {
    try await pool.transaction { transaction throws(PostgresError) in
      let known = try await transaction.pipeline([AccountDirectory.ids(of: [account])])[0]
      guard known.isEmpty else { return nil }
      return try await erase(account, renamedTo: "erased", in: transaction)
    }
  }

  /// Erases the data of an account. May be repeated.
  /// - Parameters:
  ///   - account: The former name of the account.
  ///   - name: The new name, which does not identify the person.
  /// - Returns: The number of changed rows.
  package static func erase(
    _ account: String, renamedTo name: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int {
    // Dead letters first: the statement also finds them by the sessions and payments of purchases.
    let deadLetters = try await transaction.query(
      BillingSQL.eraseDeadLetters, [.text(account), .text(name)])
    let purchases = try await transaction.query(
      "UPDATE billing_purchases SET account = $2 WHERE account = $1", [.text(account), .text(name)])
    return deadLetters.affected + purchases.affected
  }
}
