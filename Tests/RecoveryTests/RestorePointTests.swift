import KindTestSupport
import Model
import Recovery
import Testing

/// The server closes a segment at most five minutes after its first change. The time is noon.
@Suite("Restore point of an archive") struct RestorePointTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var lastClosed: String?
    var oldestWaiting: String?
    var isTailEmpty = false
    var lastBackup: String? = "02:00:00"
    let restorable: String?
    var testDescription: String { reason }
  }

  static let table: [Row] = [
    Row(
      reason: "WAL cannot be replayed without a backup", lastClosed: "11:59:00", lastBackup: nil,
      restorable: nil),
    Row(
      reason: "everything is archived and nothing was written since", lastClosed: "03:00:00",
      isTailEmpty: true,
      restorable: "12:00:00"),
    Row(
      reason: "an idle server whose open segment holds only bookkeeping",
      lastClosed: "03:00:00", restorable: "11:55:00"),
    Row(
      reason: "a busy server closed a segment a minute ago", lastClosed: "11:59:00", restorable: "11:59:00"),
    Row(
      reason: "the archive fails: changes up to the last archived segment are safe",
      lastClosed: "11:30:00", oldestWaiting: "11:35:00", restorable: "11:30:00"),
    Row(
      reason: "a first write after hours, in a segment that is closed and not archived yet",
      lastClosed: "03:00:00", oldestWaiting: "11:58:00", restorable: "11:53:00"),
    Row(
      reason: "nothing was ever archived: the backup's end", oldestWaiting: "02:03:00", restorable: "02:00:00"
    ),
  ]

  @Test("The restore point derives from the progress of the archive", arguments: table)
  func restorePoint(_ row: Row) {
    let progress = ArchiveProgress(
      lastClosed: time(row.lastClosed), oldestWaiting: time(row.oldestWaiting),
      isTailEmpty: row.isTailEmpty, timeout: TimeSpan(seconds: 300))
    #expect(progress.restorable(at: Fixture.now, lastBackup: time(row.lastBackup)) == time(row.restorable))
  }

  private func time(_ clock: String?) -> Timestamp? { clock.flatMap { Timestamp("2026-11-22T\($0)Z") } }
}
