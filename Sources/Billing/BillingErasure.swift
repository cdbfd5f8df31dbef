package import Ledger
internal import Model
package import Postgres

/// Removes what the tables of purchases know of a person, when their account is erased. The ledger's entries and all amounts
/// stay: later refunds still find their purchase, under the account's new name.
package enum BillingErasure {
  /// For the ledger's erasure, which has renamed the account by then.
  package static let hook: LedgerErasure.Hook = {
    (transaction, account, name) async throws(PostgresError) in
    try await erase(name, renamedTo: "\(LedgerStore.erasedPrefix)\(account)", in: transaction)
  }

  /// For somebody whose sessions were kept as letters and credited nothing, so that the ledger has no account of theirs.
  /// May be repeated.
  /// - Returns: how many letters were changed; nil, and nothing is done, where the ledger has the account: it is to be
  ///   erased there.
  package static func eraseLetters(of account: String, in pool: PostgresPool) async throws(PostgresError)
    -> Int?
  {
    try await pool.transaction { transaction throws(PostgresError) in
      let known = try await transaction.pipeline([AccountDirectory.ids(of: [account])])[0]
      guard known.isEmpty else { return nil }
      return try await erase(account, renamedTo: "erased", in: transaction)
    }
  }

  /// May be repeated.
  /// - Parameters:
  ///   - account: the name that the account had.
  ///   - name: what it is called from now on; says nothing about the person.
  /// - Returns: how many rows were changed.
  package static func erase(
    _ account: String, renamedTo name: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int {
    // Letters first: they are found by the purchases' sessions and payments, too.
    let letters = try await transaction.query(letters, [.text(account), .text(name)])
    let purchases = try await transaction.query(
      "UPDATE billing_purchases SET account = $2 WHERE account = $1", [.text(account), .text(name)])
    return letters.affected + purchases.affected
  }

  /// An open letter without its event cannot be replayed, but what is not covered can: that follows from the purchase.
  /// Refunds and disputes are found by the payments of the account's purchases and of its sessions that gave nothing.
  private static let letters = """
    WITH sessions AS (
      SELECT session AS subject, payment_intent, NULL AS event FROM billing_purchases WHERE account IN ($1, $2)
      UNION ALL SELECT subject, payment_intent, event FROM billing_dead_letters WHERE account = $1
    )
    UPDATE billing_dead_letters
    SET account = CASE WHEN account = $1 THEN $2 ELSE account END, payload = NULL
    WHERE (payload IS NOT NULL OR account = $1)
      AND (account = $1
        OR subject IN (SELECT subject FROM sessions WHERE subject <> '')
        OR payment_intent IN (SELECT payment_intent FROM sessions WHERE payment_intent IS NOT NULL)
        OR event IN (SELECT event FROM sessions WHERE event IS NOT NULL))
    """
}
