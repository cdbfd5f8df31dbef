import Model
import Reconciling

extension SimulatedStore {
  func beat(_ heartbeat: Heartbeat, in environment: String) async throws(StoreError) -> LeaseStatus {
    try await perform("heartbeat", isWrite: false) { () async throws(StoreError) in
      try await inner.beat(heartbeat, in: environment)
    }
  }

  func leave(_ replica: Replica, environment: String) async throws(StoreError) {
    try await perform("leave") { () async throws(StoreError) in
      try await inner.leave(replica, environment: environment)
    }
  }

  func leases(of environment: String) async throws(StoreError) -> (table: LeaseTable, now: Timestamp) {
    try await perform("leases", isWrite: false) { () async throws(StoreError) in
      try await inner.leases(of: environment)
    }
  }

  func fenced(by permit: FencingTokens) -> any StateStore {
    SimulatedStore(world, client, over: inner.fenced(by: permit))
  }

  func listen(
    in environment: String, as replica: Replica, _ notify: @escaping @Sendable (StateNotification) -> Void
  ) async {
    let faults = world.faults
    await inner.listen(in: environment, as: replica) { notification in
      guard faults.fault(at: "events", .lost) == nil else { return }
      notify(notification)
      if faults.fault(at: "events", .duplicated) != nil { notify(notification) }
    }
  }
}
