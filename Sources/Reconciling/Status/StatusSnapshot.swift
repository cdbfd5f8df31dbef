package import Model

/// What is remembered of an environment, as far as it explains how a resource is.
package struct StatusSnapshot: Sendable {
  package var now: Timestamp
  package var statuses: [ResourceID: ResourceStatus]
  /// The newest revision; nil where it is not known.
  package var desired: DesiredState?
  /// Its number; 0 where nothing was recorded.
  package var revision: Int64
  /// Newest first; at least the newest entries of the resource asked about and of what it waits for.
  package var journal: [JournalEntry] = []
  /// Newest first; the same.
  package var events: [Event] = []
  /// Revisions that are not applied again by themselves, with why.
  package var quarantined: [Int64: String] = [:]
  /// The controller that alone may work on the resource now; nil where there is none.
  package var holder: String?

  package init(
    now: Timestamp, statuses: [ResourceID: ResourceStatus], desired: DesiredState?, revision: Int64
  ) {
    self.now = now
    self.statuses = statuses
    self.desired = desired
    self.revision = revision
  }

  /// The newest steps of a resource, newest first.
  func steps(of id: ResourceID) -> some Sequence<JournalEntry> {
    journal.lazy.filter { $0.intent.step.resource == id }
  }
}

extension ResourceStatus {
  /// The condition that says most: what is wrong, else that it is ready.
  package var headline: Condition? {
    let order: [Condition.Kind] = [.degraded, .drifted, .blocked, .progressing, .ready]
    return order.lazy.compactMap { self.condition($0) }.first { $0.status } ?? condition(.ready)
  }
}
