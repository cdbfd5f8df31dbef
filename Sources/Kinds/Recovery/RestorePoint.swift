package import Model

/// The progress of a server's WAL archive, and the restore point that derives from it.
package struct ArchiveProgress: Hashable, Sendable {
  /// When the newest archived segment was closed; nil where none was archived yet.
  package let lastClosed: Timestamp?
  /// When the oldest segment that still waits for the archive was closed; nil where none waits.
  package let oldestWaiting: Timestamp?
  /// Whether the current segment is empty.
  package let isTailEmpty: Bool
  /// The server's `archive_timeout`: a segment that holds a change is closed after at most this time.
  package let timeout: TimeSpan

  package init(lastClosed: Timestamp?, oldestWaiting: Timestamp?, isTailEmpty: Bool, timeout: TimeSpan) {
    self.lastClosed = lastClosed
    self.oldestWaiting = oldestWaiting
    self.isTailEmpty = isTailEmpty
    self.timeout = timeout
  }

  /// The newest restore point: every earlier change is in the repository. Nil without a backup.
  ///
  /// An idle server closes no segments and loses nothing: PostgreSQL closes a segment `timeout` after its
  /// first change, so the open segment and the oldest waiting one hold no change older than that.
  /// - Parameters:
  ///   - now: the time of the read, by the server's clock.
  ///   - lastBackup: the end of the newest backup; WAL is replayed onto it.
  package func restorable(at now: Timestamp, lastBackup: Timestamp?) -> Timestamp? {
    guard let lastBackup else { return nil }
    if oldestWaiting == nil, isTailEmpty { return max(now, lastBackup) }
    let unsafeSince = Timestamp(
      microseconds: (oldestWaiting ?? now).microseconds - timeout.milliseconds * 1000)
    return [lastBackup, unsafeSince, lastClosed ?? lastBackup].max()
  }
}
