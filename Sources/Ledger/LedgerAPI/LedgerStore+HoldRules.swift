package import Postgres

/// The rules of holds, for payments that are not made from a hold.
extension LedgerStore {
  /// The rules that holds were made under, by the id of the hold. A hold that was made before any rules were
  /// recorded has none.
  package static func rules(
    ofHolds holds: [Int64], in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [Int64: LedgerRules] {
    var rules: [Int64: LedgerRules] = [:]
    for row in try await transaction.query(rulesByHold, [.intArray(holds)]) {
      rules[try row.int("hold")] = try LedgerRules(row)
    }
    return rules
  }

  private static let rulesByHold = """
    SELECT h.id AS hold, \(LedgerRules.columns)
    FROM holds h JOIN ledger_rules r ON r.version = h.rules WHERE h.id = ANY ($1)
    """
}
