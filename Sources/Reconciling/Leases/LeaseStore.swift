package import Model

/// The part of the state by which several processes share an environment.
package protocol LeaseStore: Sendable {
  /// One heartbeat, in one transaction and by the store's clock; see `LeaseTable.beat`.
  func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String) async throws(StoreError) -> LeaseStatus

  /// Gives back everything that the replica holds. Repeating it does no harm.
  func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError)

  /// Who holds what, with the store's time; memberships of the dead are in it until somebody's heartbeat finds them.
  func leases(of environment: String) async throws(StoreError) -> (table: LeaseTable, now: Timestamp)

  /// The same store, whose writes are refused with `lease.lost` once a token that they need is no longer current, and
  /// whose claims and intents are refused with `revision.superseded` once a newer revision is recorded. Recording a
  /// revision needs the first range. Events alone need none.
  func fenced(by fencingTokens: FencingTokens) -> any StateStore

  /// Tells what other replicas wrote, until the task is cancelled. News may be lost.
  func listen(
    in environment: String, as replica: ControllerReplica, _ tell: @escaping @Sendable (StateNotification) -> Void)
    async
}

/// What another replica did.
package enum StateNotification: Hashable, Sendable {
  /// These got further: they are applied or ready, or they are gone.
  case changed(Set<ResourceID>, removed: Set<ResourceID>)
  /// A revision was recorded.
  case revision
  /// A replica joined, left, or gave ranges back.
  case leases
  /// Something may have been missed.
  case missed
}

extension StatusChanges {
  /// Whom these changes may let go on, as other replicas are told; nil when that is nobody.
  package var news: StateNotification? {
    let changed = Set(applied.lazy.map(\.id)).union(statuses.lazy.filter(\.isReady).map(\.id))
    guard !changed.isEmpty || !removed.isEmpty else { return nil }
    return .changed(changed, removed: Set(removed))
  }

  /// Resources that these changes are about.
  package var ids: Set<ResourceID> {
    Set(statuses.lazy.map(\.id)).union(applied.lazy.map(\.id)).union(removed)
  }
}

extension JournalRecord {
  package var resource: ResourceID {
    switch self {
    case .intent(let intent): intent.step.resource
    case .outcome(let step, _, _): step.resource
    }
  }

  /// The revision for which something is begun; nil for an outcome.
  package var intendedRevision: Int64? {
    if case .intent(let intent) = self { return intent.revision }
    return nil
  }
}
