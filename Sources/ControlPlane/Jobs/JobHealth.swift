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

  /// - Parameter pool: The connections of the scheduler. The checks use one of their own, so that they do not
  ///   wait for the statements of jobs.
  func begin(_ location: SchedulerLocation, _ pool: PostgresPool) {
    let own = PostgresPool(pool.configuration, connections: 1)
    state.withLock { $0.scheduler = (location.scheduler, own) }
  }

  func supervise(_ supervisor: ReplicaSupervisor) { state.withLock { $0.supervisor = supervisor } }

  func end() async {
    let former = state.withLock { state in
      defer { state = State() }
      return state.scheduler?.pool
    }
    await former?.close()
  }

  /// Nil while the database of the scheduler answers, and while there is no scheduler.
  func jobsProblem() async -> String? {
    guard let (id, pool) = state.withLock({ $0.scheduler }) else { return nil }
    if pool.isServerDown { return "the database of \(id) waits for the embedded PostgreSQL" }
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
