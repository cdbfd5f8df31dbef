package import Autoscaling
package import Model
package import Reconciling
import SchedulerKind
import Synchronization

/// Whether this controller is the one of its environment that starts scheduler replicas and serves nodes.
package final class SupervisorLease: Sendable {
  private let expiresAt = Mutex<TimeSpan?>(nil)

  /// - Parameter now: monotonic time.
  package func isHeld(at now: TimeSpan) -> Bool { expiresAt.withLock { $0.map { now < $0 } ?? false } }

  /// - Parameter readAt: when the read began, in monotonic time.
  package func update(_ demand: ReplicaDemand, readAt: TimeSpan) {
    expiresAt.withLock { expiresAt in
      switch demand {
      case .leader:
        expiresAt = TimeSpan(
          milliseconds: readAt.milliseconds + PostgresReplicaSource.leaseDuration.milliseconds)
      case .follower: expiresAt = nil
      // No other controller acquires the lease before it expires.
      case .unknown: break
      }
    }
  }

  package func release() { expiresAt.withLock { $0 = nil } }
}

/// Updates the lease with everything that the supervisor reads.
package struct LeasedReplicaSource: ReplicaSource {
  private let source: any ReplicaSource
  private let lease: SupervisorLease
  private let time: TimeSource

  package init(_ source: any ReplicaSource, _ lease: SupervisorLease, _ time: TimeSource) {
    self.source = source
    self.lease = lease
    self.time = time
  }

  package func read() async -> ReplicaDemand {
    let readAt = time.uptime()
    let demand = await source.read()
    lease.update(demand, readAt: readAt)
    return demand
  }

  package func release() async {
    lease.release()
    await source.release()
  }
}
