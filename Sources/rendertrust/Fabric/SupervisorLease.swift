import Autoscaling
import Model
import Reconciling
import Synchronization

/// Whether this controller is the one of an environment that starts schedulers and serves nodes, as far as it knows.
final class SupervisorLease: Sendable {
  private let takenUntil = Mutex<TimeSpan?>(nil)

  /// - Parameter now: by a clock that nobody sets.
  func isTaken(at now: TimeSpan) -> Bool { takenUntil.withLock { $0.map { now < $0 } ?? false } }

  /// - Parameter asked: when the database was asked.
  func hear(_ reading: ReplicaDemand, asked: TimeSpan) {
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

  func leave() { takenUntil.withLock { $0 = nil } }
}

/// Tells the seat what the supervisor reads.
struct LeasedReplicaSource: ReplicaSource {
  private let source: any ReplicaSource
  private let seat: SupervisorLease
  private let time: TimeSource

  init(_ source: any ReplicaSource, _ seat: SupervisorLease, _ time: TimeSource) {
    self.source = source
    self.seat = seat
    self.time = time
  }

  func read() async -> ReplicaDemand {
    let asked = time.uptime()
    let reading = await source.read()
    seat.hear(reading, asked: asked)
    return reading
  }

  func release() async {
    seat.leave()
    await source.release()
  }
}
