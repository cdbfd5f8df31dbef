internal import Model

/// The operation of a step on a policy's server or repository.
package enum BackupPolicyOperation: StepOperation {
  /// Records the policy as the owner of the repository, writes pgBackRest's configuration and creates the
  /// stanza where it is missing.
  case createStanza
  /// Records the policy as the owner of an existing repository.
  case recordOwner
  /// Sends WAL to the repository and closes a segment after at most this many seconds. Restarts the server
  /// where the archive was off.
  case archive(timeoutSeconds: Int)
  /// Creates a full backup. Completes once it can be restored.
  case backUp
  /// Removes one backup and those that depend on it.
  case expire(label: String)
  /// Stops sending WAL and restarts the server. The repository stays unchanged.
  case stopArchiving

  /// An interrupted change of the archive leaves WAL without a destination, or a server without its restart.
  package var isInterruptible: Bool {
    switch self {
    case .createStanza, .archive, .stopArchiving: false
    case .recordOwner, .backUp, .expire: true
    }
  }
}
