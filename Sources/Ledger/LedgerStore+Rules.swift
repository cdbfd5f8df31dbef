package import Model
package import Postgres

/// Versions of the rules. A recorded version never changes.
extension LedgerStore {
  /// Records a version; recording the same number again does nothing.
  package func record(_ rules: LedgerRules, effective: Timestamp) async throws(PostgresError) {
    try await LedgerStore.record(rules, effective: effective) { sql, parameters throws(PostgresError) in
      try await pool.query(sql, parameters)
    }
  }

  /// A version of the rules and the time from which it is in force; nil if there is no such version.
  /// - Parameter version: Nil is the newest.
  package func rules(_ version: Int64? = nil) async throws(PostgresError) -> (
    rules: LedgerRules, effective: Timestamp
  )? {
    let rows = try await pool.query(LedgerStore.newestRules, [.optional(version, SQLValue.int)])
    guard let row = rows.first else { return nil }
    return (try LedgerRules(row), try row.timestamp("effective_from"))
  }

  /// The version $1; NULL is the newest.
  static let newestRules = """
    SELECT \(LedgerRules.columns), effective_from, effective_from <= now() AS is_in_force
    FROM ledger_rules WHERE $1::bigint IS NULL OR version = $1 ORDER BY version DESC LIMIT 1
    """

  /// Records the rules as the next version, unless the newest version equals them and has the same effective
  /// time.
  /// - Parameters:
  ///   - rules: The rules; their number is ignored.
  ///   - effective: The time from which they are in force; nil for now.
  package func recordNext(_ rules: LedgerRules, effective: Timestamp?) async throws(PostgresError) {
    try await pool.transaction { transaction throws(PostgresError) in
      try await transaction.query("LOCK TABLE ledger_rules IN SHARE ROW EXCLUSIVE MODE")
      let newest = try await transaction.query(LedgerStore.newestRules, [.null]).first
      if let newest, try LedgerRules(newest) == rules.numbered(try newest.int("version")) {
        let isEqual =
          if let effective { try newest.timestamp("effective_from") == effective } else {
            try newest.bool("is_in_force")
          }
        if isEqual { return }
      }
      let number = try newest?.int("version") ?? 0
      try await LedgerStore.record(rules.numbered(number + 1), effective: effective) {
        sql, parameters throws(PostgresError) in
        try await transaction.query(sql, parameters)
      }
    }
  }

  private static func record(
    _ rules: LedgerRules, effective: Timestamp?,
    _ query: (String, [SQLValue]) async throws(PostgresError) -> Rows
  ) async throws(PostgresError) {
    _ = try await query(
      LedgerSQL.insertRules,
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
  /// The columns of `ledger_rules` that `init(_:)` reads. The end of the last tier is 0.
  static let columns = """
    version, platform, array_replace(tier_untils, NULL, 0) AS tier_ends, tier_shares, gpu_minute_micro,
    cpu_minute_micro
    """

  /// - Parameter row: A row with `columns`.
  init(_ row: Row) throws(PostgresError) {
    let (ends, shares) = (try row.intArray("tier_ends"), try row.intArray("tier_shares"))
    self.init(
      version: try row.int("version"), platform: try row.text("platform"),
      gpuMinute: Credits(micro: try row.int("gpu_minute_micro")),
      cpuMinute: Credits(micro: try row.int("cpu_minute_micro")),
      tiers: zip(ends, shares).map { end, share in
        Tier(until: end == 0 ? nil : Credits(micro: end), partsPerMillion: share)
      })
  }

  /// An SQL expression of a version's hash: SHA-256 of the previous hash, empty for the first, and the
  /// version's fields.
  /// - Parameters:
  ///   - row: The alias of a row of `ledger_rules`.
  ///   - previous: An SQL expression of the previous hash, NULL for the first.
  static func hashExpression(of row: String, after previous: String) -> String {
    """
    sha256(coalesce(\(previous), '') || convert_to(concat_ws('|', \(row).version, \(row).platform,
      \(row).tier_untils, \(row).tier_shares, \(row).gpu_minute_micro, \(row).cpu_minute_micro,
      (extract(epoch FROM \(row).effective_from) * 1000000)::bigint), 'UTF8'))
    """
  }
}
