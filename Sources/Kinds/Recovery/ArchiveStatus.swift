internal import Model
internal import Postgres

/// The settings and the progress of a server's WAL archive.
struct ArchiveStatus: Sendable {
  let isOn: Bool
  let command: String
  let timeout: TimeSpan
  /// The time of the read, by the server's clock.
  let now: Timestamp
  let progress: ArchiveProgress
  /// When archiving last failed; nil where it has succeeded since.
  let failedAt: Timestamp?

  static func read(_ pool: PostgresPool) async throws(PostgresError) -> ArchiveStatus {
    let row = try await pool.query(statement).only()
    let timeout = TimeSpan(seconds: try row.int("timeout"))
    let archived = try row.optionalTimestamp("archived")
    let waiting = try row.optionalTimestamp("waiting")
    // The status file of the newest archived segment disappears when the server reuses the segment. A later
    // segment was closed since; the time of archiving, or of closing the oldest waiting segment, is the best
    // remaining bound.
    let closed = try row.optionalTimestamp("closed") ?? [archived, waiting].compactMap(\.self).min()
    let failed = try row.optionalTimestamp("failed")
    return ArchiveStatus(
      isOn: try row.bool("is_on"), command: try row.text("command"), timeout: timeout,
      now: try row.timestamp("now"),
      progress: ArchiveProgress(
        lastClosed: closed, oldestWaiting: waiting, isTailEmpty: try row.int("tail") <= pageHeader,
        timeout: timeout),
      failedAt: failed.flatMap { failed in archived.map { failed > $0 } ?? true ? failed : nil })
  }

  /// Bytes of the header of a segment.
  private static let pageHeader: Int64 = 40

  private static let statement = String(decoding: PackageResources.archive_status_sql, as: UTF8.self)
}
