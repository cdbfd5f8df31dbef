/// The containers of a module with one image on a node, which are drained together.
package struct DrainScope: Hashable, Sendable, Codable {
  package let module: ResourceID
  package let node: ResourceID
  package let image: Digest

  package init(module: ResourceID, node: ResourceID, image: Digest) {
    self.module = module
    self.node = node
    self.image = image
  }
}

/// An attempt of a job that has not ended.
package struct RunningAttempt: Hashable, Sendable {
  /// The id of the job.
  package let job: String
  package let scope: DrainScope
  /// When it was dispatched.
  package let since: Timestamp

  package init(job: String, scope: DrainScope, since: Timestamp) {
    self.job = job
    self.scope = scope
    self.since = since
  }
}

/// What the containers of a module work on.
package enum RunningWork: Hashable, Sendable {
  /// No scheduler gives work to the module.
  case unscheduled
  /// - Parameter drained: the scopes that get no new attempts.
  case known(attempts: [RunningAttempt], drained: [DrainScope: DrainState])
  /// The scheduler's database is older than this release and cannot drain.
  case undrainable(attempts: [RunningAttempt])
  /// The jobs of this scheduler cannot be read, for this reason. Not the same as no work.
  case unknown(scheduler: ResourceID, reason: String)
}

/// A drain that has begun.
package struct DrainState: Hashable, Sendable {
  package let reason: String
  /// Attempts that run then are preempted.
  package let until: Timestamp

  package init(reason: String, until: Timestamp) {
    self.reason = reason
    self.until = until
  }
}

/// Reads and drains the work of modules. Implemented on the schedulers of an environment, so that kinds with
/// containers do not depend on the store of jobs.
package protocol WorkDirectory: Sendable {
  /// The work of each module.
  func work(of modules: Set<ResourceID>, in context: ReconcileContext) async -> [ResourceID: RunningWork]

  /// Gives the scope no new attempts. Attempts that no worker has accepted wait for another node at once. May
  /// be repeated.
  /// - Parameters:
  ///   - successor: the image that new jobs of the module run with from now on; nil: that does not change.
  ///   - limit: after which `preempt` is expected; recorded for people.
  /// - Returns: the attempts of the scope that still run.
  func drain(
    _ scope: DrainScope, successor: Digest?, within limit: TimeSpan, because reason: String,
    in context: ReconcileContext
  ) async throws(BackendError) -> [RunningAttempt]

  /// Ends the attempts of a drained scope; their jobs wait for another node.
  func preempt(_ scope: DrainScope, because reason: String, in context: ReconcileContext)
    async throws(BackendError)

  /// Lets the scope get attempts again. Has no effect where it is not drained.
  func release(_ scope: DrainScope, in context: ReconcileContext) async throws(BackendError)
}
