internal import Concurrency
internal import JobModel
package import Model
package import Postgres

/// Drains, for the controller that changes and removes the containers of modules.
extension PostgresJobService {
  /// Whether the database has the tables of drains. A database with a pinned schema may lack them.
  package var canDrain: Bool { repository.fleet.drainedPlaces != nil }

  /// The attempts of modules that workers may work on, oldest first.
  package func runningAttempts(of modules: [ResourceID]) async throws(PostgresError) -> [RunningAttempt] {
    try await repository.openAttempts(of: modules.map(\.name)).filter { !$0.isExpired }
      .compactMap(RunningAttempt.init)
  }

  /// Whether an error of a statement proves that no job was ever recorded.
  package func provesAbsence(_ error: PostgresError) async -> Bool {
    await error.provesAbsence(of: "jobs", in: repository.pool)
  }

  /// The scopes of modules that get no new attempts; nil: the database has no table of drains.
  package func drains(of modules: [ResourceID]) async throws(PostgresError) -> [DrainScope: DrainState]? {
    let found: [DrainedPlaces.Place: DrainState]
    do throws(PostgresError) {
      found = try await repository.drains(of: modules.map(\.name))
    } catch {
      if await error.provesAbsence(of: "scheduler_drains", in: repository.pool) { return nil }
      throw error
    }
    var drains: [DrainScope: DrainState] = [:]
    for (place, state) in found {
      if let scope = DrainScope(place) { drains[scope] = state }
    }
    return drains
  }

  /// Gives the scope no new attempts, and returns those that still run. Attempts that no worker has accepted,
  /// and those whose lease expired, are preempted.
  /// - Parameter successor: the image that new jobs of the module run with from now on; nil: that does not
  ///   change.
  package func drain(
    _ scope: DrainScope, successor: Digest? = nil, within limit: TimeSpan, because reason: String
  ) async throws(PostgresError) -> [RunningAttempt] {
    let place = DrainedPlaces.Place(scope)
    try await repository.drain(place, successor: successor?.hex, within: limit, because: reason)
    let open = try await openAttempts(of: place)
    let idle = open.filter { $0.state == .dispatched || $0.isExpired }
    guard !idle.isEmpty else { return open.compactMap(RunningAttempt.init) }
    try await preempt(idle, because: reason)
    return try await openAttempts(of: place).compactMap(RunningAttempt.init)
  }

  /// Ends the attempts of the scope; their jobs wait for another node.
  package func preempt(_ scope: DrainScope, because reason: String) async throws(PostgresError) {
    try await preempt(try await openAttempts(of: DrainedPlaces.Place(scope)), because: reason)
  }

  package func release(_ scope: DrainScope) async throws(PostgresError) {
    try await repository.endDrain(of: DrainedPlaces.Place(scope))
  }

  private func preempt(
    _ attempts: [JobRepository.OpenAttempt], because reason: String
  ) async throws(PostgresError) {
    guard !attempts.isEmpty else { return }
    // What becomes of a job depends on the settings and the rates.
    try await refresh()
    for attempt in attempts {
      let event: ReportCall.Event =
        attempt.isExpired
        ? .leaseExpired : .preempted(reason: reason, evenIfAccepted: attempt.state != .dispatched)
      let call = ReportCall(attempt: attempt.id, node: attempt.node, event: event)
      // An attempt that ended meanwhile stays as it is.
      _ = try await reports.commit(call)
    }
  }

  private func openAttempts(of place: DrainedPlaces.Place) async throws(PostgresError)
    -> [JobRepository.OpenAttempt]
  {
    try await repository.openAttempts(of: [place.module]).filter { $0.place == place }
  }
}

extension RunningAttempt {
  /// Nil where the stored digest of the image is none.
  fileprivate init?(_ attempt: JobRepository.OpenAttempt) {
    guard let scope = DrainScope(attempt.place) else { return nil }
    self.init(job: attempt.id.job.text, scope: scope, since: attempt.dispatchedAt)
  }
}

extension DrainScope {
  /// Nil where the stored digest of the image is none.
  fileprivate init?(_ place: DrainedPlaces.Place) {
    guard let image = Digest(hex: place.image) else { return nil }
    self.init(
      module: ResourceID(kind: "Module", name: place.module),
      node: ResourceID(kind: "Node", name: place.node), image: image)
  }
}

extension DrainedPlaces.Place {
  fileprivate init(_ scope: DrainScope) {
    self.init(module: scope.module.name, node: scope.node.name, image: scope.image.hex)
  }
}
