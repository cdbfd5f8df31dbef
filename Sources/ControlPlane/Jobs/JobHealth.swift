import Autoscaling
import Model
import Postgres
import Synchronization

/// Whether the job work of this process can be done, for health checks and metrics.
package final class JobHealth: Sendable {
  private struct State {
    var scheduler: (id: ResourceID, pool: PostgresPool)?
    var supervisor: ReplicaSupervisor?
  }

  private let state = Mutex(State())

  package init() {}

  func begin(_ location: SchedulerLocation, _ pool: PostgresPool) {
    state.withLock { $0.scheduler = (location.scheduler, pool) }
  }

  func supervise(_ supervisor: ReplicaSupervisor) { state.withLock { $0.supervisor = supervisor } }

  func end() { state.withLock { $0 = State() } }

  /// Nil while the database of the scheduler answers, and while there is no scheduler.
  func jobsProblem() async -> String? {
    guard let (id, pool) = state.withLock({ $0.scheduler }) else { return nil }
    do throws(PostgresError) {
      try await pool.query("SELECT 1")
      return nil
    } catch {
      return "the database of \(id) does not answer: \(error.message)"
    }
  }

  /// The scheduler processes of this server.
  var replicas: ReplicaStatus { state.withLock { $0.supervisor }?.status ?? ReplicaStatus() }
}
