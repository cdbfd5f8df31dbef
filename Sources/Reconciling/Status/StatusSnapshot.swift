package import Model

/// The stored state of an environment, as far as explanations need it.
package struct StatusSnapshot: Sendable {
  package var now: Timestamp
  package var statuses: [ResourceID: ResourceStatus]
  /// The newest revision; nil when it is not known.
  package var desired: DesiredState?
  /// Its number; 0 when there is none.
  package var revision: Int64
  /// Newest first. Contains at least the newest entries of the explained resource and of what it waits for.
  package var journal: [JournalEntry] = []
  /// Newest first. Contains at least the same resources as `journal`.
  package var events: [Event] = []
  /// Quarantined revisions with the reason.
  package var quarantined: [Int64: String] = [:]
  /// The removal that the leading controller waits for.
  package var pendingRemovals: [PendingRemoval] = []
  /// The controller that holds the lease of the explained resource; nil for none.
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

  func newestStep(of id: ResourceID) -> JournalEntry? { steps(of: id).first { _ in true } }
}
