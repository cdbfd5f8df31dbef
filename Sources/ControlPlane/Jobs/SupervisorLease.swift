package import Autoscaling
package import Model
package import Reconciling
import Synchronization

/// Whether this controller is the one of an environment that starts schedulers and serves nodes, as far as it knows.
package final class SupervisorLease: Sendable {
  private let takenUntil = Mutex<TimeSpan?>(nil)

  /// - Parameter now: by a clock that nobody sets.
  package func isTaken(at now: TimeSpan) -> Bool { takenUntil.withLock { $0.map { now < $0 } ?? false } }

  /// - Parameter asked: when the database was asked.
  package func hear(_ reading: ReplicaDemand, asked: TimeSpan) {
    takenUntil.withLock { until in
      switch reading {
      case .leader:
        until = TimeSpan(milliseconds: asked.milliseconds + PostgresReplicaSource.leaseDuration.milliseconds)
      case .follower: until = nil
      // Nobody else takes it before its time is up.
      case .unknown: break
      }
    }
  }

  package func leave() { takenUntil.withLock { $0 = nil } }
}

/// Tells the seat what the supervisor reads.
package struct LeasedReplicaSource: ReplicaSource {
  private let source: any ReplicaSource
  private let seat: SupervisorLease
  private let time: TimeSource

  package init(_ source: any ReplicaSource, _ seat: SupervisorLease, _ time: TimeSource) {
    self.source = source
    self.seat = seat
    self.time = time
  }

  package func read() async -> ReplicaDemand {
    let asked = time.uptime()
    let reading = await source.read()
    seat.hear(reading, asked: asked)
    return reading
  }

  package func release() async {
    seat.leave()
    await source.release()
  }
}
