package import Model

/// The results of one pass, written in one transaction.
package struct StatusChanges: Sendable {
  /// The revision that was observed.
  package let revision: Int64
  package var statuses: [ResourceStatus] = []
  /// Resources that are applied completely, as they are applied.
  package var applied: [AnyResource] = []
  /// What the resources in `applied` claim. They hold it since before their first step.
  package var claims: [ResourceID: [ThingClaim]] = [:]
  /// The data that resources hold, in place of what is recorded. Without effect for a resource that is not in
  /// the inventory.
  package var identities: [ResourceID: DataIdentity] = [:]
  /// Resources that no longer exist and leave the inventory.
  package var removed: [ResourceID] = []
  package var events: [Event] = []

  package init(revision: Int64) { self.revision = revision }
  var isEmpty: Bool {
    statuses.isEmpty && applied.isEmpty && identities.isEmpty && removed.isEmpty && events.isEmpty
  }

  /// What other replicas are notified of, because resources of theirs may wait for it; nil for nothing.
  package var notification: StateNotification? {
    let changed = Set(applied.lazy.map(\.id)).union(statuses.lazy.filter(\.isReady).map(\.id))
    guard !changed.isEmpty || !removed.isEmpty else { return nil }
    return .changed(changed, removed: Set(removed))
  }

  /// All resources that are concerned.
  package var ids: Set<ResourceID> {
    Set(statuses.lazy.map(\.id)).union(applied.lazy.map(\.id)).union(identities.keys).union(removed)
  }
}
