/// An immutable set of manifests that became the desired state of one environment.
package struct Revision: Hashable, Sendable {
  /// Counts from 1 within an environment. 0 means that no revision was applied yet.
  package let number: Int64
  package let environment: String
  package let manifestDigest: Digest
  package let createdAt: Timestamp
  /// The user or job that applied it, such as `root@host`.
  package let actor: String
  /// The git commit of the manifests; nil when they were not in a work tree.
  package let commit: String?
  /// The command that created it, such as `apply manifests/dev` or `rollback to 3`.
  package let message: String
  /// The digest of the manifests that follow this revision once resources may leave that it still declares
  /// and they do not; nil for a revision that is what the manifests declared.
  package let interimFor: Digest?

  package init(
    number: Int64, environment: String, manifestDigest: Digest, createdAt: Timestamp, actor: String,
    commit: String?, message: String, interimFor: Digest? = nil
  ) {
    self.number = number
    self.environment = environment
    self.manifestDigest = manifestDigest
    self.createdAt = createdAt
    self.actor = actor
    self.commit = commit
    self.message = message
    self.interimFor = interimFor
  }

  /// The same revision as an ordinary one.
  package var settled: Revision {
    Revision(
      number: number, environment: environment, manifestDigest: manifestDigest, createdAt: createdAt,
      actor: actor, commit: commit, message: message)
  }
}
