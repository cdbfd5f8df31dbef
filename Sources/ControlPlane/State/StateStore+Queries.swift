package import Model
package import Reconciling

extension StateStore {
  /// The newest desired state of an environment; empty if it has no revision.
  package func newestState(of environment: String) async throws(StoreError) -> DesiredState {
    let empty = DesiredState.empty(in: environment)
    guard let latest = try await latestRevision(of: environment) else { return empty }
    return try await desiredState(of: environment, at: latest.number) ?? empty
  }

  /// Desired resources that are not ready, also those without a status yet. Omits resources that the
  /// controller does not make ready: paused ones, and observed ones that drifted.
  package func unreadyResources(in environment: String) async throws(StoreError) -> [ResourceID] {
    guard let latest = try await latestRevision(of: environment),
      let desired = try await desiredState(of: environment, at: latest.number)
    else { return [] }
    let statuses = try await statuses(of: environment)
    return desired.resources.filter { resource in
      guard resource.metadata.mode != .paused else { return false }
      guard let status = statuses[resource.id], status.revision >= latest.number else { return true }
      if status.isReady { return false }
      return resource.metadata.mode == .enforce || status.condition(.drifted)?.status != true
    }.map(\.id)
  }

  /// Explains the status of a resource.
  /// - Returns: the explanation, and the records that it follows from, with the events of the root cause.
  package func explain(_ id: ResourceID, in environment: String, now: Timestamp) async throws(StoreError) -> (
    Explanation, StatusSnapshot
  ) {
    let newest = try await latestRevision(of: environment)
    let number = newest?.number ?? 0
    var snapshot = StatusSnapshot(
      now: now, statuses: try await statuses(of: environment),
      desired: try await desiredState(of: environment, at: number), revision: number)
    let reasons = Dictionary(
      try await quarantines(of: environment).map { ($0.digest, $0.reason) },
      uniquingKeysWith: { first, _ in first })
    if let newest { snapshot.quarantined[newest.number] = reasons[newest.manifestDigest] }
    snapshot.pendingRemovals = try await pendingRemovals(of: environment)
    snapshot.journal = try await journal(of: environment, id: id, limit: 10)
    let (leases, storeTime) = try await leases(of: environment)
    snapshot.holder = leases.holder(of: id, now: storeTime)?.description
    let root = Explanation(of: id, in: snapshot).root.id
    if root != id { snapshot.journal += try await journal(of: environment, id: root, limit: 10) }
    snapshot.events = try await events(of: environment, id: root, limit: 5)
    return (Explanation(of: id, in: snapshot), snapshot)
  }
}
