import JobModel
import Model
import Reconciling
import Synchronization

@testable import rendertrust

/// A job service with the jobs and nodes of a test.
final class FakeJobService: JobService {
  /// Newest first.
  private let known: [Job]
  /// The results of further calls of `job` and `nodes`, in this order, and the nodes that were cordoned.
  private let next: Mutex<(jobs: [Job], nodes: [[NodeStatus]], cordoned: [String: Bool])>

  init(_ known: [Job] = [], next jobs: [Job] = [], nodes: [[NodeStatus]] = [[]]) {
    self.known = known
    next = Mutex((jobs, nodes, [:]))
  }

  /// By name; false: uncordoned.
  var cordoned: [String: Bool] { next.withLock { $0.cordoned } }

  var open: OpenJobService {
    let time = TimeSource(now: { Samples.now }, sleep: { _ in try await Task.sleep(for: .milliseconds(1)) })
    return OpenJobService(service: self, time: time, person: "ada@here")
  }

  func submit(_ order: JobOrder) async throws(JobError) -> Job { Samples.job(.pending) }

  func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    let job = next.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    guard let job else { throw JobError(.unavailable, "the database does not answer") }
    return job
  }

  func jobs(_ query: JobQuery) async throws(JobError) -> [Job] {
    let rest = query.before.map { before in known.filter { $0.id < before } } ?? known
    return Array(rest.prefix(query.limit))
  }

  func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    Samples.job(.cancelled)
  }

  func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    SchedulingTrace(job: Samples.done, entries: [])
  }

  func nodes() async throws(JobError) -> [NodeStatus] {
    next.withLock { $0.nodes.count > 1 ? $0.nodes.removeFirst() : $0.nodes.first ?? [] }
  }

  func cordon(node: String) async throws(JobError) -> NodeStatus { try await mark(node, true) }
  func uncordon(node: String) async throws(JobError) -> NodeStatus { try await mark(node, false) }

  private func mark(_ node: String, _ isCordoned: Bool) async throws(JobError) -> NodeStatus {
    next.withLock { $0.cordoned[node] = isCordoned }
    guard let status = try await nodes().first(where: { $0.name == node }) else {
      throw JobError(.unknownNode, "there is no node")
    }
    return status
  }
}
