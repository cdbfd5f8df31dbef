package import JobModel
package import JobStore
import Model
import Synchronization

/// The scheduler of an environment. Fails with `unavailable` until there is one.
package final class LazyJobService: JobService, WorkerAPI {
  private let service = Mutex<PostgresJobService?>(nil)

  /// - Parameter service: nil while there is no scheduler.
  package func open(_ service: PostgresJobService?) { self.service.withLock { $0 = service } }

  private func current() throws(JobError) -> PostgresJobService {
    guard let service = service.withLock({ $0 }) else {
      throw JobError(
        .unavailable, "no Scheduler is set up yet",
        hint: "apply one, or wait until its database exists")
    }
    return service
  }

  package func submit(_ order: JobOrder) async throws(JobError) -> Job { try await current().submit(order) }

  package func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    try await current().job(id, of: creator, newerThan: version, timeout: timeout)
  }

  package func jobs(_ query: JobQuery) async throws(JobError) -> [Job] { try await current().jobs(query) }

  package func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    try await current().cancel(id, of: creator, by: person)
  }

  package func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    try await current().trace(of: id, of: creator)
  }

  package func nodes() async throws(JobError) -> [NodeStatus] { try await current().nodes() }

  package func cordon(node: String) async throws(JobError) -> NodeStatus {
    try await current().cordon(node: node)
  }

  package func uncordon(node: String) async throws(JobError) -> NodeStatus {
    try await current().uncordon(node: node)
  }

  package func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms {
    try await current().register(heartbeat)
  }

  package func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID] {
    try await current().heartbeat(heartbeat)
  }

  package func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    try await current().work(for: node, limit: limit, excluding: known, timeout: timeout)
  }

  package func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    try await current().report(report, from: node)
  }
}
