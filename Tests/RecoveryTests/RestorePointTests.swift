import KindTestSupport
import Model
import Recovery
import Testing

/// The server closes a segment five minutes after its first change at the latest; it is noon.
@Suite struct RestorePointTests {
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
      reason: "without a backup there is nothing to replay onto", lastClosed: "11:59:00", lastBackup: nil,
      restorable: nil),
    Row(
      reason: "everything is archived and nothing was written since", lastClosed: "03:00:00",
      isTailEmpty: true,
      restorable: "12:00:00"),
    Row(
      reason: "an idle server whose open segment holds bookkeeping: a change would have closed it by now",
      lastClosed: "03:00:00", restorable: "11:55:00"),
    Row(
      reason: "a busy server closed a segment a minute ago", lastClosed: "11:59:00", restorable: "11:59:00"),
    Row(
      reason: "the archive stands still: changes up to what was archived last are safe",
      lastClosed: "11:30:00", oldestWaiting: "11:35:00", restorable: "11:30:00"),
    Row(
      reason: "a first write after hours of rest, its segment closed and not archived yet",
      lastClosed: "03:00:00", oldestWaiting: "11:58:00", restorable: "11:53:00"),
    Row(
      reason: "nothing was ever archived: the backup's end", oldestWaiting: "02:03:00", restorable: "02:00:00"
    ),
  ]

  @Test(arguments: table) func follows(_ row: Row) {
    let progress = ArchiveProgress(
      lastClosed: time(row.lastClosed), oldestWaiting: time(row.oldestWaiting),
      isTailEmpty: row.isTailEmpty, timeout: TimeSpan(seconds: 300))
    #expect(progress.restorable(at: Fixture.now, lastBackup: time(row.lastBackup)) == time(row.restorable))
  }

  private func time(_ clock: String?) -> Timestamp? { clock.flatMap { Timestamp("2026-11-22T\($0)Z") } }
}
