import KindTestSupport
import Model
import Recovery
import Testing

@Suite struct RetentionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var daily: Int?
    var weekly: Int?
    var monthly: Int?
    var full: Int?
    let backups: [String]
    let surplus: [String]
    var testDescription: String { reason }
  }

  // 2026-11-22 is a Sunday, so its week began on the 16th.
  static let table: [Row] = [
    Row(reason: "nothing is nothing", daily: 1, backups: [], surplus: []),
    Row(
      reason: "a day keeps its newest backup", daily: 2,
      backups: ["2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z"],
      surplus: ["2026-11-22T02:00:00Z"]),
    Row(
      reason: "days without a backup do not count", daily: 2,
      backups: ["2026-11-01T02:00:00Z", "2026-11-10T02:00:00Z", "2026-11-22T02:00:00Z"],
      surplus: ["2026-11-01T02:00:00Z"]),
    Row(
      reason: "weeks begin on Monday", weekly: 2,
      backups: [
        "2026-11-15T02:00:00Z", "2026-11-16T02:00:00Z", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z",
      ], surplus: ["2026-11-15T02:00:00Z", "2026-11-16T02:00:00Z"]),
    Row(
      reason: "what one rule drops another may keep", daily: 1, monthly: 2,
      backups: [
        "2026-10-30T02:00:00Z", "2026-10-31T02:00:00Z", "2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z",
      ],
      surplus: ["2026-10-30T02:00:00Z", "2026-11-21T02:00:00Z"]),
    Row(
      reason: "months are told apart by year", monthly: 2,
      backups: ["2025-11-22T02:00:00Z", "2026-11-22T02:00:00Z"], surplus: []),
    Row(
      reason: "the newest so many", full: 2,
      backups: ["2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"],
      surplus: ["2026-11-20T02:00:00Z"]),
  ]

  @Test(arguments: table) func keeps(_ row: Row) {
    var keep = KeepSpec()
    (keep.daily, keep.weekly, keep.monthly, keep.full) = (row.daily, row.weekly, row.monthly, row.full)
    #expect(Retention.surplus(row.backups.map(backup), keep: keep) == row.surplus)
    #expect(Retention.surplus(row.backups.reversed().map(backup), keep: keep) == row.surplus)
  }

  /// A year of nights under the usual rule: what stays is stable, and never empty.
  @Test func keepsAYearOfNights() {
    var backups: [BackupRecord] = []
    var time = Timestamp("2026-01-01T02:00:00Z") ?? Fixture.now
    for _ in 0..<365 {
      backups.append(backup(time.description))
      let surplus = Set(Retention.surplus(backups, keep: .usual))
      backups.removeAll { surplus.contains($0.label) }
      time = time + TimeSpan(seconds: 86_400)
    }
    #expect(Retention.surplus(backups, keep: .usual).isEmpty)
    // 7 days, then what weeks and months add to them.
    #expect((14...17).contains(backups.count), "kept \(backups.map(\.label))")
    #expect(backups.first?.label == "2026-07-31T02:00:00Z")
  }

  @Test func countsOnlyFullBackups() {
    let difference = BackupRecord(
      label: "d", isFull: false, began: Fixture.now, ended: Fixture.now, size: ByteCount(bytes: 1))
    var keep = KeepSpec()
    keep.full = 1
    #expect(Retention.surplus([backup("2026-11-22T02:00:00Z"), difference], keep: keep).isEmpty)
  }
}
