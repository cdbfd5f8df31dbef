/// The author of a revision, and the command that creates it.
package struct Authorship: Hashable, Sendable {
  package let actor: String
  /// The git commit of the manifests; nil when there is none.
  package let commit: String?
  package let message: String
  /// The action of the revision's entry in the audit trail.
  package let action: AuditRecord.Action

  package init(
    actor: String, commit: String?, message: String, action: AuditRecord.Action = .revision
  ) {
    self.actor = actor
    self.commit = commit
    self.message = message
    self.action = action
  }
}
