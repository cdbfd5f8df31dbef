package import Model

/// A resource that the manifests no longer declare and that the newest revision still does, because the
/// manifests may declare it again.
package struct PendingRemoval: Hashable, Sendable {
  package let id: ResourceID
  /// The digest of the resource that would be removed.
  package let digest: Digest
  /// Whether removing it, or what is built on it and removed too, destroys data.
  package let losesData: Bool
  /// When the manifests stopped declaring it.
  package let since: Timestamp
  /// When a revision without it is recorded, unless the manifests declare it again.
  package let dueAt: Timestamp

  package init(id: ResourceID, digest: Digest, losesData: Bool, since: Timestamp, dueAt: Timestamp) {
    self.id = id
    self.digest = digest
    self.losesData = losesData
    self.since = since
    self.dueAt = dueAt
  }

  func delayed(until time: Timestamp) -> PendingRemoval {
    PendingRemoval(id: id, digest: digest, losesData: losesData, since: since, dueAt: time)
  }

  /// Whole seconds, rounded up: `24s`.
  static func seconds(until time: Timestamp, now: Timestamp) -> String {
    "\(max(0, (time - now).milliseconds + 999) / 1000)s"
  }
}

extension Sequence<PendingRemoval> {
  /// Such as `2 resources leave in 24s unless the manifests declare them again: Database/p1, Database/p2`;
  /// with `2s to 24s` where the times differ. Without removals whose time is over: the controller that waited
  /// has ended. Nil when none is left.
  package func sentence(now: Timestamp) -> String? {
    let left = filter { $0.dueAt > now }.sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }
    guard let first = left.first, let last = left.last else { return nil }
    let (verb, object) = left.count == 1 ? ("resource leaves", "it") : ("resources leave", "them")
    let (soonest, latest) = (
      PendingRemoval.seconds(until: first.dueAt, now: now),
      PendingRemoval.seconds(until: last.dueAt, now: now)
    )
    let time = soonest == latest ? soonest : "\(soonest) to \(latest)"
    let names = left.prefix(5).map(\.id.description).joined(separator: ", ")
    let more = left.count > 5 ? " and \(left.count - 5) more" : ""
    return "\(left.count) \(verb) in \(time) unless the manifests declare \(object) again: \(names)\(more)"
  }
}

/// The part of the state that stores the pending removals of an environment.
package protocol PendingRemovalStore: Sendable {
  /// The removals that the leading controller waits for, sorted.
  func pendingRemovals(of environment: String) async throws(StoreError) -> [PendingRemoval]

  /// Replaces the pending removals.
  func setPendingRemovals(_ removals: [PendingRemoval], in environment: String) async throws(StoreError)
}
