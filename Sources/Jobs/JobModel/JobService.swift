package import Model

/// Where creators and operators come with jobs. Whoever calls has proved who they are: a `creator` that is not nil sees and
/// touches only that account's jobs, and others' do not exist for it.
package protocol JobService: Sendable {
  /// Credits are held and, where there is a place, a node is chosen, in one transaction; else it waits. The same key gets
  /// the same job.
  func submit(_ order: JobOrder) async throws(JobError) -> Job
  /// - Parameters:
  ///   - version: waits until the job is newer than this; nil: does not wait.
  ///   - patience: how long at most; the job as it is then.
  func job(_ id: JobID, of creator: String?, newerThan version: Int64?, patience: Duration)
    async throws(JobError) -> Job
  /// Newest first, without inputs, outputs, artefacts and attempts.
  func jobs(_ query: JobQuery) async throws(JobError) -> [Job]
  /// Cancelling what is over is `isOver`; cancelling again is none.
  func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job
  /// Each decision that was made about it, oldest first.
  func story(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace
  func nodes() async throws(JobError) -> [NodeStatus]
  /// By hand, beside what the manifest says; also `schedulable` again.
  func hold(node: String, _ isHeld: Bool) async throws(JobError) -> NodeStatus
}

extension JobService {
  package func job(_ id: JobID, of creator: String? = nil) async throws(JobError) -> Job {
    try await job(id, of: creator, newerThan: nil, patience: .zero)
  }
}

package struct JobQuery: Hashable, Sendable {
  /// Nil: everybody's.
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

/// What was decided about a job, and why.
package struct SchedulingTrace: Hashable, Sendable {
  package struct Chapter: Hashable, Sendable {
    /// Nil: it waits.
    package let attempt: JobAttempt?
    package let decision: Decision?

    package init(attempt: JobAttempt?, decision: Decision?) {
      self.attempt = attempt
      self.decision = decision
    }
  }

  package let job: Job
  package let chapters: [Chapter]

  package init(job: Job, chapters: [Chapter]) {
    self.job = job
    self.chapters = chapters
  }
}

/// A node as operators see it.
package struct NodeStatus: Hashable, Sendable {
  package var node: FleetNode
  package var owner: String
  package var isHeld: Bool
  /// What its worker told last: temperatures and the like.
  package var report: Value?
  /// Whether its last heartbeat is young enough.
  package var isOnline: Bool

  package init(node: FleetNode, owner: String, isHeld: Bool, report: Value?, isOnline: Bool) {
    self.node = node
    self.owner = owner
    self.isHeld = isHeld
    self.report = report
    self.isOnline = isOnline
  }
}
