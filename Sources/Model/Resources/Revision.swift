/// An immutable set of manifests that became the desired state of one environment.
package struct Revision: Hashable, Sendable {
  /// Counts from 1 within an environment; 0 means that none was applied yet.
  package let number: Int64
  package let environment: String
  package let manifestDigest: Digest
  package let createdAt: Timestamp
  /// Who applied it, such as `root@host` or a CI job.
  package let actor: String
  /// The git commit that the manifests came from, where they stood in a work tree.
  package let commit: String?
  /// What led to it, such as `apply manifests/dev` or `rollback to 3`.
  package let message: String

  package init(
    number: Int64, environment: String, manifestDigest: Digest, createdAt: Timestamp, actor: String,
    commit: String?,
    message: String
  ) {
    self.number = number
    self.environment = environment
    self.manifestDigest = manifestDigest
    self.createdAt = createdAt
    self.actor = actor
    self.commit = commit
    self.message = message
  }
}
