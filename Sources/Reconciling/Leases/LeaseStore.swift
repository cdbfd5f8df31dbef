package import Model

/// The part of the state by which several processes share an environment.
package protocol LeaseStore: Sendable {
  /// Records a heartbeat in one transaction and by the store's clock; see `LeaseTable.record`.
  func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String) async throws(StoreError)
    -> LeaseStatus

  /// Releases all ranges of the replica and ends its membership. May be repeated.
  func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError)

  /// The memberships and leases, with the store's time. Contains dead replicas until the next heartbeat of
  /// another.
  func leases(of environment: String) async throws(StoreError) -> (table: LeaseTable, now: Timestamp)

  /// The same store with fencing. A write is rejected with `lease.lost` once a token that it needs is no
  /// longer current, a claim or an intent also with `revision.superseded` once a newer revision is recorded.
  /// Recording a revision needs the token of the first range. Writing only events needs none.
  func fenced(by tokens: FencingTokens) -> any StateStore

  /// Reports what other replicas wrote, until the task is cancelled. Notifications may be lost.
  func listen(
    in environment: String, as replica: ControllerReplica,
    _ notify: @escaping @Sendable (StateNotification) -> Void
  ) async
}

/// What another replica did.
package enum StateNotification: Hashable, Sendable {
  /// Resources became applied or ready, or were removed.
  case changed(Set<ResourceID>, removed: Set<ResourceID>)
  /// A revision was recorded.
  case revision
  /// A replica joined, left, or released ranges.
  case leases
  /// Notifications may have been lost.
  case missed
}
