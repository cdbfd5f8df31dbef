internal import Model
internal import Postgres

/// What a server says about its archive: settings in force and progress.
struct ArchiveStatus: Sendable {
  let isOn: Bool
  let command: String
  let timeout: TimeSpan
  /// By the server's clock.
  let now: Timestamp
  let progress: ArchiveProgress
  /// When archiving last failed, where it has not succeeded since.
  let failedAt: Timestamp?

  static func read(_ pool: PostgresPool) async throws(PostgresError) -> ArchiveStatus {
    let row = try await pool.query(statement).only()
    let timeout = TimeSpan(seconds: try row.int("timeout"))
    let archived = try row.optionalTimestamp("archived")
    let waiting = try row.optionalTimestamp("waiting")
    // The mark of the newest archived segment goes when the server reuses the segment; then a later one was closed
    // since, and the moment of archiving, or the closing of the oldest that waits, is what is left.
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

  /// Bytes that every segment begins with.
  private static let pageHeader: Int64 = 40

  /// A segment's mark is renamed from `.ready` to `.done` once it is archived, and keeps the time at which the segment
  /// was closed.
  private static let statement = """
    WITH marks AS (SELECT name, modification FROM pg_ls_archive_statusdir())
    SELECT clock_timestamp() AS now,
      current_setting('archive_mode') <> 'off' AS is_on,
      current_setting('archive_command') AS command,
      (SELECT setting::bigint FROM pg_settings WHERE name = 'archive_timeout') AS timeout,
      a.last_archived_time AS archived,
      a.last_failed_time AS failed,
      (SELECT modification FROM marks WHERE name = a.last_archived_wal || '.done') AS closed,
      (SELECT min(modification) FROM marks WHERE name LIKE '%.ready') AS waiting,
      ((pg_current_wal_insert_lsn() - '0/0'::pg_lsn)
        % (SELECT setting::numeric FROM pg_settings WHERE name = 'wal_segment_size'))::bigint AS tail
    FROM pg_stat_archiver a
    """
}
