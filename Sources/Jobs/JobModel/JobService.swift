internal import Model

/// Jobs and nodes, for creators and operators. The caller is authenticated already. A `creator` that is not
/// nil reads and changes only the jobs of that account; the jobs of other accounts do not exist for it.
package protocol JobService: Sendable {
  /// Holds the credits and, where a node has capacity, dispatches the job, in one transaction; otherwise the
  /// job waits. An order with the same key returns the same job.
  func submit(_ order: JobOrder) async throws(JobError) -> Job
  /// - Parameters:
  ///   - version: waits until the job has a greater version; nil: returns at once.
  ///   - timeout: how long to wait; the job as it is then is returned.
  func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  /// Newest first, without inputs, outputs, artefacts and attempts.
  func jobs(_ query: JobQuery) async throws(JobError) -> [Job]
  /// A job that is over fails with `isOver`; a job that is cancelled already is returned.
  /// - Parameter person: who cancels it, as `reason` names them.
  func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job
  func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace
  /// Every node that is declared, by name.
  func nodes() async throws(JobError) -> [NodeStatus]
  /// Gives the node no new work, whatever its manifest says. Attempts on it continue.
  func cordon(node: String) async throws(JobError) -> NodeStatus
  /// Reverses `cordon`. A node that its manifest cordons stays cordoned.
  func uncordon(node: String) async throws(JobError) -> NodeStatus
}

extension JobService {
  package func job(_ id: JobID, of creator: String? = nil) async throws(JobError) -> Job {
    try await job(id, of: creator, newerThan: nil, timeout: .zero)
  }
}

package struct JobQuery: Hashable, Sendable {
  /// Nil: of every account.
  package var creator: String?
  package var state: JobState?
  package var module: String?
  /// Only jobs that were submitted before this one.
  package var before: JobID?
  /// 1 to 200.
  package var limit: Int

  package init(
    creator: String? = nil, state: JobState? = nil, module: String? = nil, before: JobID? = nil,
    limit: Int = 50
  ) {
    self.creator = creator
    self.state = state
    self.module = module
    self.before = before
    self.limit = limit
  }
}
