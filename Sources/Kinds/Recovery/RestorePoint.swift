package import Model

/// What a server tells about its WAL archive, and the newest moment that follows from it.
package struct ArchiveProgress: Hashable, Sendable {
  /// When the newest archived segment was closed; nil where none was archived yet.
  package let lastClosed: Timestamp?
  /// When the oldest segment that still waits to be archived was closed; nil where none waits.
  package let oldestWaiting: Timestamp?
  /// Whether the segment that is written now holds anything yet.
  package let isTailEmpty: Bool
  /// The server's own limit: a segment that holds a change is closed after so long at the latest.
  package let timeout: TimeSpan

  package init(lastClosed: Timestamp?, oldestWaiting: Timestamp?, isTailEmpty: Bool, timeout: TimeSpan) {
    self.lastClosed = lastClosed
    self.oldestWaiting = oldestWaiting
    self.isTailEmpty = isTailEmpty
    self.timeout = timeout
  }

  /// The newest moment that can be restored: every change up to it is in the repository.
  /// - `now`: when the server was asked, by its own clock.
  /// - `lastBackup`: the end of the newest backup; without one there is nothing to replay WAL onto.
  ///
  /// An idle server closes no segments, and loses nothing: PostgreSQL closes a segment `timeout` after its first
  /// change, so an open segment, and the oldest closed one that waits, hold no change older than that.
  package func restorable(at now: Timestamp, lastBackup: Timestamp?) -> Timestamp? {
    guard let lastBackup else { return nil }
    if oldestWaiting == nil, isTailEmpty { return max(now, lastBackup) }
    let unsafeSince = Timestamp(
      microseconds: (oldestWaiting ?? now).microseconds - timeout.milliseconds * 1000)
    return [lastBackup, unsafeSince, lastClosed ?? lastBackup].max()
  }
}
