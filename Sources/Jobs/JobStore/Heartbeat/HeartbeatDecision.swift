import JobModel
import Placement

struct HeartbeatCall: Sendable {
  /// The id of the heartbeat's node.
  let node: Int64
  let heartbeat: WorkerHeartbeat
}

/// Decides what a batch of heartbeats writes. Pure.
struct HeartbeatDecision {
  /// The newest heartbeat of each node.
  let newest: [Int64: WorkerHeartbeat]
  /// Those of them that report other capabilities than are stored.
  let changed: [Int64: WorkerHeartbeat]

  /// - Parameter known: the nodes as this process knows them.
  init(_ calls: [HeartbeatCall], known: (Int64) -> FleetNode?) {
    newest = Dictionary(calls.map { ($0.node, $0.heartbeat) }, uniquingKeysWith: { _, last in last })
    changed = newest.filter { known($0.key)?.hasCapabilities(of: $0.value) != true }
  }
}
