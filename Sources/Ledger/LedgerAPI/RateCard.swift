package import Model
package import Postgres

/// What a node earns per minute of an attempt, by the ledger's rules in force (seeds: Financial & Incentive
/// Flows).
package struct RateCard: Hashable, Sendable {
  /// Per minute of an attempt that uses GPUs.
  package let gpuMinute: Credits
  /// Per minute of an attempt that uses CPUs only.
  package let cpuMinute: Credits

  /// Reads the rules in force by the database's clock; `init(_:)` reads what it returns.
  package static let current = Statement(
    """
    SELECT gpu_minute_micro, cpu_minute_micro FROM ledger_rules WHERE effective_from <= now()
    ORDER BY version DESC LIMIT 1
    """)

  /// Nil: no rules are in force.
  /// - Parameter rows: the result of `current`.
  package init?(_ rows: Rows) throws(PostgresError) {
    guard let row = rows.first else { return nil }
    gpuMinute = Credits(micro: try row.int("gpu_minute_micro"))
    cpuMinute = Credits(micro: try row.int("cpu_minute_micro"))
  }
}
