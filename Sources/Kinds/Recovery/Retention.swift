internal import Model

/// The retention rules of a policy.
package enum Retention {
  /// The labels of the full backups that no rule of `keep` keeps, oldest first. The newest backup is always
  /// kept.
  ///
  /// A day, week (from Monday) or month keeps its newest backup, in UTC. Days without a backup do not count,
  /// so that a server that was off for a month keeps its backups.
  package static func expired(_ backups: [BackupRecord], keep: KeepSpec) -> [String] {
    let full = backups.filter(\.isFull).sorted { $0.began > $1.began }
    guard let newest = full.first else { return [] }
    var kept: Set<String> = [newest.label]
    if let count = keep.full { kept.formUnion(full.prefix(count).map(\.label)) }
    for (count, period) in [
      (keep.daily, day), (keep.weekly, week), (keep.monthly, month),
    ] as [(Int?, (Timestamp) -> Int64)] {
      guard let count else { continue }
      var seen: Set<Int64> = []
      for backup in full where seen.count < count && seen.insert(period(backup.began)).inserted {
        kept.insert(backup.label)
      }
    }
    return full.reversed().map(\.label).filter { !kept.contains($0) }
  }

  private static func day(_ time: Timestamp) -> Int64 {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// 1 January 1970 was a Thursday.
  private static func week(_ time: Timestamp) -> Int64 { (day(time) + 3) / 7 }

  /// Year and month as in RFC 3339.
  private static func month(_ time: Timestamp) -> Int64 {
    Int64(time.description.prefix(7).filter { $0 != "-" }) ?? 0
  }
}
