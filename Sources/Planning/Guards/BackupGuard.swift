package import Model

/// Blocks the replacement of a service with volumes unless its data can be restored. The next container may
/// change the data for good, and a rollback restores only the container.
package enum BackupGuard {
  /// - Parameter backups: The known backups of the resource, by the policy that creates them.
  /// - Returns: Why no backup is sufficient; nil when one is fresh.
  package static func gap(in backups: [(id: ResourceID, fact: BackupFact)], now: Timestamp) -> BackupGap? {
    let newest = backups.max { a, b in
      (a.fact.restorable?.microseconds ?? .min, b.id) < (b.fact.restorable?.microseconds ?? .min, a.id)
    }
    guard let newest else { return .uncovered }
    guard let restorable = newest.fact.restorable else { return .nothingRestorable(policy: newest.id) }
    let isFresh = backups.contains { backup in
      backup.fact.restorable.map { now - $0 <= backup.fact.limit } ?? false
    }
    return isFresh ? nil : .tooOld(policy: newest.id, age: now - restorable, limit: newest.fact.limit)
  }
}
