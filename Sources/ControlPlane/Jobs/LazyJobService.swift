import Model
import JobModel
import JobStore
import Synchronization

/// The scheduler of an environment, which may not be set up yet: until then everybody is told to come again.
package final class LazyJobService: JobService, WorkerAPI {
  private let service = Mutex<PostgresJobService?>(nil)

  package func open(_ service: PostgresJobService?) { self.service.withLock { $0 = service } }

  private func current() throws(JobError) -> PostgresJobService {
    guard let service = service.withLock({ $0 }) else {
      throw JobError(
        .unavailable, "no Scheduler is set up here yet",
        hint: "apply one, or wait until its database is there")
    }
    return service
  }

  package func submit(_ order: JobOrder) async throws(JobError) -> Job { try await current().submit(order) }

  package func job(_ id: JobID, of creator: String?, newerThan version: Int64?, patience: Duration)
    async throws(JobError) -> Job
  {
    try await current().job(id, of: creator, newerThan: version, patience: patience)
  }

  package func jobs(_ query: JobQuery) async throws(JobError) -> [Job] { try await current().jobs(query) }

  package func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    try await current().cancel(id, of: creator, by: person)
  }

  package func story(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    try await current().story(of: id, of: creator)
  }

  package func nodes() async throws(JobError) -> [NodeStatus] { try await current().nodes() }

  package func hold(node: String, _ isHeld: Bool) async throws(JobError) -> NodeStatus {
    try await current().hold(node: node, isHeld)
  }

  package func register(_ heartbeat: Heartbeat) async throws(JobError) -> WorkTerms {
    try await current().register(heartbeat)
  }

  package func heartbeat(_ heartbeat: Heartbeat) async throws(JobError) -> [AttemptID] {
    try await current().heartbeat(heartbeat)
  }

  package func work(for node: String, most: Int, beside known: Set<AttemptID>, patience: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    try await current().work(for: node, most: most, beside: known, patience: patience)
  }

  package func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    try await current().report(report, from: node)
  }
}
