package import Model

/// Manifests that no controller applies by itself, because they were left by a rollback or failed as a whole. A person
/// who applies them lifts that.
package struct Quarantine: Hashable, Sendable {
  /// Of the manifests, as in `Revision.manifestDigest`.
  package let digest: Digest
  /// The revision that they were.
  package let revision: Int64
  /// Such as `root@host rolled back to 3`.
  package let reason: String
  package let actor: String
  package let at: Timestamp

  package init(digest: Digest, revision: Int64, reason: String, actor: String, at: Timestamp) {
    self.digest = digest
    self.revision = revision
    self.reason = reason
    self.actor = actor
    self.at = at
  }
}

/// Somebody's promise that manifests are applied as a whole or not at all.
package struct AtomicApply: Hashable, Sendable {
  /// Of the manifests that are being applied.
  package let digest: Digest
  /// The revision to go back to; 0 for nothing at all.
  package let rollbackRevision: Int64
  package let actor: String
  /// When the promise has to be renewed; after that nobody keeps it any more.
  package var expiresAt: Timestamp

  package init(digest: Digest, rollbackRevision: Int64, actor: String, expiresAt: Timestamp) {
    self.digest = digest
    self.rollbackRevision = rollbackRevision
    self.actor = actor
    self.expiresAt = expiresAt
  }
}

/// The part of the state that says which manifests are not to be applied, and what to go back to.
package protocol QuarantineStore: Sendable {
  /// Those in force, newest revision first.
  func quarantines(of environment: String) async throws(StoreError) -> [Quarantine]

  /// Puts these in force; what is in force already stays as it is.
  func quarantine(_ entries: [Quarantine], in environment: String) async throws(StoreError)

  /// Ends the quarantine of these manifests; answers with what was in force, nil for nothing.
  func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?

  /// The only one of the environment, alive or not; nil where there is none.
  func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply?

  /// Makes or renews the promise, or ends it with nil.
  func setAtomicApply(_ apply: AtomicApply?, in environment: String) async throws(StoreError)
}
