/// One aspect of the status of a resource, as in Kubernetes.
package struct Condition: Hashable, Sendable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// The outside system matches the manifest and the resource works.
    case ready = "Ready"
    /// Steps run or are waited for.
    case progressing = "Progressing"
    /// It works less well than declared, or the last step failed.
    case degraded = "Degraded"
    /// Nothing happens until a person or another resource acts.
    case blocked = "Blocked"
    /// The outside system differs although there is no new revision.
    case drifted = "Drifted"
  }

  package let type: Kind
  package let status: Bool
  package let reason: ConditionReason
  /// A sentence for people. No code reads it.
  package let message: String
  /// Other resources that this one waits for, the most important first. Empty unless the condition is
  /// `blocked`.
  package let waitsFor: [ResourceID]
  /// When `status` last changed.
  package let since: Timestamp
  /// The revision that the condition was determined for.
  package let observedRevision: Int64

  package init(
    _ type: Kind, _ status: Bool, reason: ConditionReason, message: String, waitsFor: [ResourceID] = [],
    since: Timestamp, observedRevision: Int64
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.waitsFor = waitsFor
    self.since = since
    self.observedRevision = observedRevision
  }
}
