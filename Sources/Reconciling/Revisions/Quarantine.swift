package import Model

/// Manifests that no controller applies by itself, because a rollback left them or an atomic apply of them
/// failed. It is lifted when a person applies them.
package struct Quarantine: Hashable, Sendable {
  /// The digest of the manifests, as in `Revision.manifestDigest`.
  package let digest: Digest
  /// The revision of the manifests.
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

/// The record of a running atomic apply. Its process renews it; once it expired, a controller rolls back.
package struct AtomicApply: Hashable, Sendable {
  /// The digest of the manifests that are applied.
  package let digest: Digest
  /// The revision to roll back to; 0 for an empty environment.
  package let rollbackRevision: Int64
  package let actor: String
  package var expiresAt: Timestamp

  package init(digest: Digest, rollbackRevision: Int64, actor: String, expiresAt: Timestamp) {
    self.digest = digest
    self.rollbackRevision = rollbackRevision
    self.actor = actor
    self.expiresAt = expiresAt
  }
}

/// The part of the state that stores quarantines and the atomic apply of an environment.
package protocol QuarantineStore: Sendable {
  /// The quarantines in force, newest revision first.
  func quarantines(of environment: String) async throws(StoreError) -> [Quarantine]

  /// Adds quarantines. Does not change those that are in force already.
  func quarantine(_ entries: [Quarantine], in environment: String) async throws(StoreError)

  /// Ends the quarantine of these manifests and returns it; nil when there was none.
  func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?

  /// The only atomic apply of the environment, expired or not; nil when there is none.
  func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply?

  /// Creates or renews the atomic apply, or ends it with nil.
  func setAtomicApply(_ apply: AtomicApply?, in environment: String) async throws(StoreError)
}
