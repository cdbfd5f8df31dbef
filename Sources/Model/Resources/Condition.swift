/// One fact about how a resource is doing, as people and programs ask for it.
package struct Condition: Hashable, Sendable, Codable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// The world matches the manifest and the thing works.
    case ready = "Ready"
    /// Steps are being executed or waited for.
    case progressing = "Progressing"
    /// It works less well than declared, or the last step failed.
    case degraded = "Degraded"
    /// Nothing goes on until a person or another resource acts.
    case blocked = "Blocked"
    /// The world differs though no new revision came.
    case drifted = "Drifted"
  }

  package let type: Kind
  package let status: Bool
  /// A CamelCase word for programs, such as `HealthCheckFailed`.
  package let reason: String
  package let message: String
  /// When `status` last changed.
  package let since: Timestamp
  /// The revision that was looked at.
  package let observedRevision: Int64

  package init(
    _ type: Kind, _ status: Bool, reason: String, message: String, since: Timestamp, observedRevision: Int64
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.since = since
    self.observedRevision = observedRevision
  }
}
