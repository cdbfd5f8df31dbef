package import Model

/// Something that happened in an environment, kept for people.
package struct Event: Hashable, Sendable {
  package let at: Timestamp
  /// Nil when it concerns the whole environment.
  package let id: ResourceID?
  package let isWarning: Bool
  package let reason: EventReason
  package let message: String
  package let revision: Int64

  package init(
    at: Timestamp, id: ResourceID?, isWarning: Bool, reason: EventReason, message: String, revision: Int64
  ) {
    self.at = at
    self.id = id
    self.isWarning = isWarning
    self.reason = reason
    self.message = message
    self.revision = revision
  }
}
