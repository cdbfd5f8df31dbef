import Model
import Reconciling

extension SimulatedStore {
  func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String) async throws(StoreError)
    -> LeaseStatus
  {
    try await perform("heartbeat", isWrite: false) { () async throws(StoreError) in
      try await inner.recordHeartbeat(heartbeat, in: environment)
    }
  }

  func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError) {
    try await perform("leave") { () async throws(StoreError) in
      try await inner.leave(replica, environment: environment)
    }
  }

  func leases(of environment: String) async throws(StoreError) -> (table: LeaseTable, now: Timestamp) {
    try await perform("leases", isWrite: false) { () async throws(StoreError) in
      try await inner.leases(of: environment)
    }
  }

  func fenced(by tokens: FencingTokens) -> any StateStore {
    SimulatedStore(world, client, over: inner.fenced(by: tokens))
  }

  func listen(
    in environment: String, as replica: ControllerReplica,
    _ notify: @escaping @Sendable (StateNotification) -> Void
  ) async {
    let faults = world.faults
    await inner.listen(in: environment, as: replica) { notification in
      guard faults.fault(at: "events", .lost) == nil else { return }
      notify(notification)
      if faults.fault(at: "events", .duplicated) != nil { notify(notification) }
    }
  }
}
