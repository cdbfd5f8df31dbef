package import Model
package import Postgres

/// The days that a destination has and needs.
package struct ExportState: Hashable, Sendable {
  /// The day of the first entry or usage event; nil before there is one.
  package let firstDay: UTCDay?
  /// The days that were exported to it.
  package let exported: Set<UTCDay>

  package init(firstDay: UTCDay?, exported: Set<UTCDay>) {
    self.firstDay = firstDay
    self.exported = exported
  }

  /// Past days that are not exported, oldest first. Each is exported before the next.
  package func due(at now: Timestamp) -> [UTCDay] {
    guard let firstDay else { return [] }
    let today = UTCDay(of: now)
    guard firstDay < today else { return [] }
    return (firstDay.number..<today.number).map(UTCDay.init(number:)).filter { !exported.contains($0) }
  }

  /// - Parameter destination: The name as `DailyExport.destination` returns it.
  package static func read(
    of destination: String, in pool: PostgresPool
  ) async throws(PostgresError) -> ExportState {
    let rows = try await pool.pipeline([
      Statement(first), Statement(days, [.text(destination)]),
    ])
    let oldest = try rows[0].only().optionalTimestamp("first")
    var exported: Set<UTCDay> = []
    for row in rows[1] { exported.insert(UTCDay(of: try row.timestamp("day"))) }
    return ExportState(firstDay: oldest.map(UTCDay.init(of:)), exported: exported)
  }

  /// The names of all destinations that were ever exported to, sorted.
  package static func destinations(in pool: PostgresPool) async throws(PostgresError) -> [String] {
    var names: [String] = []
    for row in try await pool.query("SELECT DISTINCT destination FROM ledger_exports ORDER BY destination") {
      names.append(try row.text("destination"))
    }
    return names
  }

  /// The ids of entries are in the order of their times.
  private static let first = """
    SELECT least(
      (SELECT recorded_at FROM ledger_entries ORDER BY id LIMIT 1),
      (SELECT min(recorded_at) FROM usage_events)
    ) AS first
    """
  private static let days = "SELECT day FROM ledger_exports WHERE destination = $1"
}
