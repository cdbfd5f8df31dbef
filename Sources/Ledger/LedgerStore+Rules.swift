package import Model
package import Postgres

/// Versions of the rules. What is recorded never changes: other rules are another version.
extension LedgerStore {
  /// Records a version; recording the same number again does nothing.
  package func record(_ rules: LedgerRules, effective: Timestamp) async throws(PostgresError) {
    try await LedgerStore.record(rules, effective: effective) { sql, parameters throws(PostgresError) in
      try await pool.query(sql, parameters)
    }
  }

  /// A version of the rules, and since when it is in force; nil where there is none of that number.
  /// - Parameter version: nil is the newest.
  package func rules(_ version: Int64? = nil) async throws(PostgresError) -> (
    rules: LedgerRules, effective: Timestamp
  )? {
    let rows = try await pool.query(LedgerStore.newestRules, [.optional(version, SQLValue.int)])
    guard let row = rows.first else { return nil }
    return (try LedgerRules(row), try row.timestamp(6))
  }

  /// The version of a number; without one, the newest.
  static let newestRules = """
    SELECT \(LedgerRules.columns), effective_from, effective_from <= now()
    FROM ledger_rules WHERE $1::bigint IS NULL OR version = $1 ORDER BY version DESC LIMIT 1
    """

  /// Records the rules as the next version, unless the newest are these already and in force when they are to be.
  /// - Parameters:
  ///   - rules: their number counts for nothing.
  ///   - effective: nil for now.
  package func recordNext(_ rules: LedgerRules, effective: Timestamp?) async throws(PostgresError) {
    try await pool.transaction { transaction throws(PostgresError) in
      try await transaction.query("LOCK TABLE ledger_rules IN SHARE ROW EXCLUSIVE MODE")
      let newest = try await transaction.query(LedgerStore.newestRules, [.null]).first
      if let newest, try LedgerRules(newest) == rules.numbered(try newest.int(0)) {
        let isMeant = if let effective { try newest.timestamp(6) == effective } else { try newest.bool(7) }
        if isMeant { return }
      }
      let number = try newest?.int(0) ?? 0
      try await LedgerStore.record(rules.numbered(number + 1), effective: effective) {
        sql, parameters throws(PostgresError) in
        try await transaction.query(sql, parameters)
      }
    }
  }

  /// SHA-256 of the hash before it, empty for the first, and of what the version says.
  static func hash(of row: String, after previous: String) -> String {
    """
    sha256(coalesce(\(previous), '') || convert_to(concat_ws('|', \(row).version, \(row).platform, \(row).tier_untils,
      \(row).tier_shares, \(row).gpu_minute_micro, \(row).cpu_minute_micro,
      (extract(epoch FROM \(row).effective_from) * 1000000)::bigint), 'UTF8'))
    """
  }

  private static func record(
    _ rules: LedgerRules, effective: Timestamp?,
    _ query: (String, [SQLValue]) async throws(PostgresError) -> Rows
  ) async throws(PostgresError) {
    _ = try await query(
      """
      INSERT INTO ledger_rules (
        version, platform, tier_untils, tier_shares, gpu_minute_micro, cpu_minute_micro, effective_from, hash)
      SELECT r.*, \(hash(of: "r", after: "(SELECT hash FROM ledger_rules WHERE version < $1 ORDER BY version DESC LIMIT 1)"))
      FROM (
        SELECT $1::bigint AS version, $2::text AS platform, $3::bigint[] AS tier_untils, $4::bigint[] AS tier_shares,
          $5::bigint AS gpu_minute_micro, $6::bigint AS cpu_minute_micro,
          coalesce($7::timestamptz, now()) AS effective_from
      ) r ON CONFLICT (version) DO NOTHING
      """,
      [
        .int(rules.version), .text(rules.platform),
        .array(rules.tiers.map { .optional($0.until?.micro, SQLValue.int) }),
        .intArray(rules.tiers.map(\.partsPerMillion)), .int(rules.gpuMinute.micro),
        .int(rules.cpuMinute.micro),
        .optional(effective, SQLValue.timestamp),
      ])
  }
}

extension LedgerRules {
  /// What is asked of `ledger_rules`; the open tier's end is 0.
  static let columns =
    "version, platform, array_replace(tier_untils, NULL, 0), tier_shares, gpu_minute_micro, cpu_minute_micro"

  /// - Parameter row: begins with `columns`.
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
