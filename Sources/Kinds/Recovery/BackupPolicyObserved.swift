package import Model

/// The observed state of a policy: its archive, stanza and backups.
package struct BackupPolicyObserved: Sendable, Equatable {
  package enum Archiving: Hashable, Sendable {
    case off
    /// WAL goes to this policy's repository; a segment is closed after at most this many seconds.
    case here(timeoutSeconds: Int)
    /// WAL goes to another stanza of this controller, whose name this is.
    case stanza(String)
    /// The server has an archive command that no policy of this controller set.
    case elsewhere
  }

  package enum Stanza: Hashable, Sendable {
    case missing
    case ready
    /// With pgBackRest's message.
    case broken(String)
  }

  package let archiving: Archiving
  /// When the server last failed to archive; nil where it has succeeded since.
  package let archiveFailedAt: Timestamp?
  /// Whether pgBackRest's configuration file matches the policy.
  package let isConfigured: Bool
  package let stanza: Stanza
  /// The completed backups, sorted by their start.
  package let backups: [BackupRecord]
  /// The newest restore point; nil where there is none.
  package let restorable: Timestamp?
  /// Unless it is `.separate`, the repository was not read.
  package let place: RepositoryPlace
  /// According to the file in the repository; nil where there is none.
  package let owner: Owner?

  package init(
    archiving: Archiving, archiveFailedAt: Timestamp? = nil, isConfigured: Bool = true, stanza: Stanza,
    backups: [BackupRecord], restorable: Timestamp?, place: RepositoryPlace = .separate,
    owner: Owner?
  ) {
    self.archiving = archiving
    self.archiveFailedAt = archiveFailedAt
    self.isConfigured = isConfigured
    self.stanza = stanza
    self.backups = backups
    self.restorable = restorable
    self.place = place
    self.owner = owner
  }
}

/// A completed backup of a whole server.
package struct BackupRecord: Hashable, Sendable {
  /// pgBackRest's label, such as `20261122-020000F`.
  package let label: String
  /// False for a differential or incremental backup, which expires with its full backup.
  package let isFull: Bool
  package let began: Timestamp
  package let ended: Timestamp
  /// The size of the backup in the repository.
  package let size: ByteCount
  /// Whether the backup found pages with wrong checksums.
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
