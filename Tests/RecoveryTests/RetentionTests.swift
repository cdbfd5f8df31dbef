import KindTestSupport
import Model
import Recovery
import Testing

@Suite("Retention of backups") struct RetentionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var daily: Int?
    var weekly: Int?
    var monthly: Int?
    var full: Int?
    let backups: [String]
    let expired: [String]
    var testDescription: String { reason }
  }

  // 2026-11-22 is a Sunday, so its week began on the 16th.
  static let table: [Row] = [
    Row(reason: "no backups", daily: 1, backups: [], expired: []),
    Row(
      reason: "a day keeps its newest backup", daily: 2,
      backups: ["2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z"],
      expired: ["2026-11-22T02:00:00Z"]),
    Row(
      reason: "days without a backup do not count", daily: 2,
      backups: ["2026-11-01T02:00:00Z", "2026-11-10T02:00:00Z", "2026-11-22T02:00:00Z"],
      expired: ["2026-11-01T02:00:00Z"]),
    Row(
      reason: "weeks begin on Monday", weekly: 2,
      backups: [
        "2026-11-15T02:00:00Z", "2026-11-16T02:00:00Z", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z",
      ], expired: ["2026-11-15T02:00:00Z", "2026-11-16T02:00:00Z"]),
    Row(
      reason: "a backup is kept by any rule", daily: 1, monthly: 2,
      backups: [
        "2026-10-30T02:00:00Z", "2026-10-31T02:00:00Z", "2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z",
      ],
      expired: ["2026-10-30T02:00:00Z", "2026-11-21T02:00:00Z"]),
    Row(
      reason: "months of different years differ", monthly: 2,
      backups: ["2025-11-22T02:00:00Z", "2026-11-22T02:00:00Z"], expired: []),
    Row(
      reason: "a number of the newest", full: 2,
      backups: ["2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"],
      expired: ["2026-11-20T02:00:00Z"]),
  ]

  @Test("Backups that no rule keeps expire", arguments: table)
  func expires(_ row: Row) {
    var keep = KeepSpec()
    (keep.daily, keep.weekly, keep.monthly, keep.full) = (row.daily, row.weekly, row.monthly, row.full)
    #expect(Retention.expired(row.backups.map(backup), keep: keep) == row.expired)
    #expect(Retention.expired(row.backups.reversed().map(backup), keep: keep) == row.expired)
  }

  @Test("A year of nightly backups is reduced to a stable set")
  func yearOfNightlyBackups() {
    var backups: [BackupRecord] = []
    var time = Timestamp("2026-01-01T02:00:00Z") ?? Fixture.now
    for _ in 0..<365 {
      backups.append(backup(time.description))
      let expired = Set(Retention.expired(backups, keep: .standard))
      backups.removeAll { expired.contains($0.label) }
      time = time + TimeSpan(seconds: 86_400)
    }
    #expect(Retention.expired(backups, keep: .standard).isEmpty)
    // 7 days and the additional backups of weeks and months.
    #expect((14...17).contains(backups.count), "kept \(backups.map(\.label))")
    #expect(backups.first?.label == "2026-07-31T02:00:00Z")
  }

  @Test("Only full backups are counted")
  func onlyFullBackups() {
    let difference = BackupRecord(
      label: "d", isFull: false, began: Fixture.now, ended: Fixture.now, size: ByteCount(bytes: 1))
    var keep = KeepSpec()
    keep.full = 1
    #expect(Retention.expired([backup("2026-11-22T02:00:00Z"), difference], keep: keep).isEmpty)
  }
}
