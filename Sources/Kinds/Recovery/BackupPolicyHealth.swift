package import Model

extension BackupPolicyObserved {
  /// The health of the policy: whether the newest restore point is within its RPO.
  package func health(rpo: TimeSpan, now: Timestamp) -> Health {
    if let restorable, now - restorable > rpo {
      let age = BackupPolicyObserved.text(now - restorable)
      return .degraded(
        reason: "RestorePointTooOld", message: "newest restorable point is \(age) old, RPO is \(rpo)")
    }
    if let archiveFailedAt {
      return .degraded(
        reason: "ArchivingFails",
        message: "the server could not archive its WAL at \(archiveFailedAt); its log says why")
    }
    if let last = backups.last, last.hasErrors {
      return .degraded(
        reason: "PageChecksumErrors",
        message: "backup \(last.label) found damaged pages; check the server's disk and keep older backups")
    }
    return .ready
  }

  /// A duration in its natural unit: `45s`, `22m`, `5h`.
  private static func text(_ span: TimeSpan) -> String {
    let seconds = span.milliseconds / 1000
    if seconds < 120 { return "\(seconds)s" }
    return seconds < 7200 ? "\(seconds / 60)m" : "\(seconds / 3600)h"
  }
}
