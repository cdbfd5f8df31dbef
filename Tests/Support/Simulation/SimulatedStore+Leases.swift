import Model
import Reconciling

extension SimulatedStore {
  func fenced(by permit: Permit) -> any StateStore {
    SimulatedStore(world, who: who, inner: inner.fenced(by: permit))
  }

  func beat(_ heartbeat: Heartbeat, in environment: String) async throws(StoreError) -> LeaseStanding {
    try await through("heartbeat", isWrite: false) { () async throws(StoreError) in
      try await inner.beat(heartbeat, in: environment)
    }
  }

  func leave(_ replica: Replica, environment: String) async throws(StoreError) {
    try await through("leave") { () async throws(StoreError) in
      try await inner.leave(replica, environment: environment)
    }
  }

  func leases(of environment: String) async throws(StoreError) -> (table: LeaseTable, now: Timestamp) {
    try await inner.leases(of: environment)
  }

  /// News come at once, late, or never.
  func listen(
    in environment: String, as replica: Replica, _ tell: @escaping @Sendable (StateNews) -> Void
  ) async {
    await inner.listen(in: environment, as: replica) { news in
      guard world.dice.percent(90) else { return }
      world.process.spawn {
        if world.dice.percent(50) { try? await world.time.sleep(Int64(world.dice.int(0...2_000_000))) }
        tell(news)
      }
    }
  }
}
