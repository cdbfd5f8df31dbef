package import Model
package import Postgres

/// Versions of the rules. What is recorded never changes: other rules are another version.
extension LedgerBooks {
  /// Records a version; recording the same number again does nothing.
  package func record(_ rules: LedgerRules, effective: Timestamp) async throws(PostgresError) {
    _ = try await pool.query(
      """
      INSERT INTO ledger_rules (
        version, platform, tier_untils, tier_shares, gpu_minute_micro, cpu_minute_micro, effective_from)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (version) DO NOTHING
      """,
      [
        .int(rules.version), .text(rules.platform),
        .array(rules.tiers.map { .optional($0.until?.micro, SQLValue.int) }),
        .intArray(rules.tiers.map(\.partsPerMillion)), .int(rules.gpuMinute.micro),
        .int(rules.cpuMinute.micro),
        .timestamp(effective),
      ])
  }

  /// A version of the rules, and since when it is in force; nil where there is none of that number.
  /// - Parameter version: nil is the newest.
  package func rules(_ version: Int64? = nil) async throws(PostgresError) -> (
    rules: LedgerRules, effective: Timestamp
  )? {
    let rows = try await pool.query(
      """
      SELECT version, platform, array_replace(tier_untils, NULL, 0), tier_shares, gpu_minute_micro, cpu_minute_micro, effective_from
      FROM ledger_rules WHERE version = $1 OR $1 IS NULL ORDER BY version DESC LIMIT 1
      """, [.optional(version, SQLValue.int)])
    guard let row = rows.first else { return nil }
    return (try LedgerRules(row), try row.timestamp(6))
  }
}

extension LedgerRules {
  /// - Parameter row: version, platform, ends of the tiers (0 for the open one), shares, payouts by GPU and by CPU.
  init(_ row: Row) throws(PostgresError) {
    let (untils, shares) = (try row.intArray(2), try row.intArray(3))
    self.init(
      version: try row.int(0), platform: try row.text(1), gpuMinute: Credits(micro: try row.int(4)),
      cpuMinute: Credits(micro: try row.int(5)),
      tiers: zip(untils, shares).map { until, share in
        Tier(until: until == 0 ? nil : Credits(micro: until), partsPerMillion: share)
      })
  }
}
