package import Model
package import Postgres

/// What is known of the days at one destination.
package struct ExportState: Hashable, Sendable {
  /// The day of the first entry or usage event; nil while there is none.
  package let firstDay: UTCDay?
  /// The days that were written there.
  package let exported: Set<UTCDay>

  package init(firstDay: UTCDay?, exported: Set<UTCDay>) {
    self.firstDay = firstDay
    self.exported = exported
  }

  /// The days that are over and are missing there, oldest first: each to be written before the next.
  package func due(at now: Timestamp) -> [UTCDay] {
    guard let firstDay else { return [] }
    let today = UTCDay(of: now)
    guard firstDay < today else { return [] }
    return (firstDay.number..<today.number).map(UTCDay.init(number:)).filter { !exported.contains($0) }
  }

  /// - Parameter destination: as `DailyExport.destination` says.
  package static func read(
    of destination: String, in pool: PostgresPool
  ) async throws(PostgresError) -> ExportState {
    let rows = try await pool.pipeline([
      Statement(first), Statement(days, [.text(destination)]),
    ])
    let oldest = try rows[0].only().optionalTimestamp(0)
    var exported: Set<UTCDay> = []
    for row in rows[1] { exported.insert(UTCDay(of: try row.timestamp(0))) }
    return ExportState(firstDay: oldest.map(UTCDay.init(of:)), exported: exported)
  }

  /// All places that days were ever written to, as the table of exports calls them.
  package static func destinations(in pool: PostgresPool) async throws(PostgresError) -> [String] {
    var names: [String] = []
    for row in try await pool.query("SELECT DISTINCT destination FROM ledger_exports ORDER BY destination") {
      names.append(try row.text(0))
    }
    return names
  }

  /// Entries come in the order of their times.
  private static let first = """
    SELECT least((SELECT recorded_at FROM ledger_entries ORDER BY id LIMIT 1), (SELECT min(recorded_at) FROM usage_events))
    """
  private static let days = "SELECT day FROM ledger_exports WHERE destination = $1"
}
