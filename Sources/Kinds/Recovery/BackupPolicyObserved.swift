package import Model

/// What was seen of a policy's archive, stanza and backups.
package struct BackupPolicyObserved: Sendable, Equatable {
  package enum Archiving: Hashable, Sendable {
    case off
    /// WAL goes to this policy's repository; a segment is closed after so many seconds at the latest.
    case here(timeoutSeconds: Int)
    /// WAL goes to the repository of another policy of this controller.
    case policy(String)
    /// Somebody set another archive command.
    case elsewhere
  }

  package enum Stanza: Hashable, Sendable {
    case missing
    case ready
    /// pgBackRest's own words.
    case broken(String)
  }

  package let archiving: Archiving
  /// When the server last failed to archive, where it has not succeeded since.
  package let archiveFailedAt: Timestamp?
  /// Whether pgBackRest's configuration file says what the policy asks for.
  package let isConfigured: Bool
  package let stanza: Stanza
  /// Sorted by when they began; only those that completed.
  package let backups: [BackupRecord]
  /// The newest moment that can be restored; nil where nothing can.
  package let restorable: Timestamp?

  package init(
    archiving: Archiving, archiveFailedAt: Timestamp? = nil, isConfigured: Bool = true, stanza: Stanza,
    backups: [BackupRecord], restorable: Timestamp?
  ) {
    self.archiving = archiving
    self.archiveFailedAt = archiveFailedAt
    self.isConfigured = isConfigured
    self.stanza = stanza
    self.backups = backups
    self.restorable = restorable
  }
}

/// A completed backup of a whole server.
package struct BackupRecord: Hashable, Sendable {
  /// pgBackRest's label, such as `20261122-020000F`.
  package let label: String
  /// False for a differential or incremental backup, which leaves with the full one that it rests on.
  package let isFull: Bool
  package let began: Timestamp
  package let ended: Timestamp
  /// Bytes that the backup takes in the repository.
  package let size: ByteCount
  /// Whether pages with wrong checksums were found while it was made.
  package let hasErrors: Bool

  package init(
    label: String, isFull: Bool, began: Timestamp, ended: Timestamp, size: ByteCount, hasErrors: Bool = false
  ) {
    self.hasErrors = hasErrors
    self.label = label
    self.isFull = isFull
    self.began = began
    self.ended = ended
    self.size = size
  }
}

/// One change of a policy's server or repository.
package enum BackupPolicyOperation: StepOperation {
  /// Writes pgBackRest's configuration and makes the stanza where it is missing.
  case createStanza
  /// Sends WAL to the repository and closes a segment after so many seconds; restarts the server where the archive
  /// was off.
  case archive(timeoutSeconds: Int)
  /// Makes a full backup and waits until it can be restored.
  case backUp
  /// Removes one backup and what rests on it.
  case expire(label: String)
  /// Stops sending WAL and restarts the server. The repository stays as it is.
  case stopArchiving
}
