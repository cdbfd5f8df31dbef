package import Model

/// Manifests that remove resources and are not recorded as a revision yet, because they may change again.
package struct PendingRemoval: Hashable, Sendable {
  /// The digest of the manifests.
  package let digest: Digest
  /// The applied resources that the manifests no longer declare, sorted.
  package let removals: [ResourceID]
  /// Whether removing them destroys data.
  package let losesData: Bool
  package let since: Timestamp
  /// When the manifests are recorded, unless they change again.
  package let dueAt: Timestamp

  package init(digest: Digest, removals: [ResourceID], losesData: Bool, since: Timestamp, dueAt: Timestamp) {
    self.digest = digest
    self.removals = removals
    self.losesData = losesData
    self.since = since
    self.dueAt = dueAt
  }
}

extension PendingRemoval {
  /// Such as `2 resources leave in 24s unless the manifests change again: Database/p1, Database/p2`. Nil
  /// after the time is over: the controller that waited has ended.
  package func sentence(now: Timestamp) -> String? {
    guard dueAt > now else { return nil }
    let verb = removals.count == 1 ? "resource leaves" : "resources leave"
    let names = removals.prefix(5).map(\.description).joined(separator: ", ")
    let more = removals.count > 5 ? " and \(removals.count - 5) more" : ""
    return
      "\(removals.count) \(verb) in \(PendingRemoval.seconds(until: dueAt, now: now)) unless the manifests "
      + "change again: \(names)\(more)"
  }

  /// Whole seconds, rounded up: `24s`.
  static func seconds(until time: Timestamp, now: Timestamp) -> String {
    "\(max(0, (time - now).milliseconds + 999) / 1000)s"
  }
}

/// The part of the state that stores the pending removal of an environment.
package protocol PendingRemovalStore: Sendable {
  /// The removal that the leading controller waits for; nil when it waits for none.
  func pendingRemoval(of environment: String) async throws(StoreError) -> PendingRemoval?

  /// Creates or replaces the pending removal, or ends it with nil.
  func setPendingRemoval(_ removal: PendingRemoval?, in environment: String) async throws(StoreError)
}
