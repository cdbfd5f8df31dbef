package import Model

/// The leases of the loop. It starts nothing outside of the ranges that it holds and is assigned, and
/// releases the other ranges that it holds as soon as nothing is in flight there.
extension LoopState {
  /// Ranges in which this replica may start something.
  package var owned: Set<KeyRange> { leaseStatus.assigned.intersection(leaseStatus.tokens.keys) }

  package func owns(_ id: ResourceID) -> Bool { owned.contains(KeyRange(of: id)) }

  /// Whether this replica records revisions.
  package var leads: Bool { owned.contains(.first) }

  /// What a heartbeat changed.
  package struct LeaseChange: Sendable {
    /// Ranges that are new, or that another replica held in between.
    package let gained: Set<KeyRange>
    /// Ranges that were taken away without being released.
    package let lost: Set<KeyRange>
    package let becameLeader: Bool
  }

  /// Applies the result of a heartbeat. Resources in flight stay in flight until their pass is over, in lost
  /// ranges too: no second pass must take them here, and the store rejects what the pass writes.
  package mutating func apply(_ status: LeaseStatus) -> LeaseChange {
    let (former, led) = (leaseStatus, leads)
    let ownedBefore = owned
    leaseStatus = status
    if former.others.contains(where: { !$0.isExclusive && !status.others.contains($0) }) {
      mayInherit = true
    }
    let kept = status.tokens.filter { former.tokens[$0.key] == $0.value }
    let gained = owned.filter { !ownedBefore.contains($0) || kept[$0] == nil }
    let lost = former.tokens.keys.filter { former.assigned.contains($0) && kept[$0] == nil }
    return LeaseChange(gained: gained, lost: Set(lost), becameLeader: leads && !led)
  }

  /// Ranges assigned to another replica in which nothing is in flight any more.
  package var releasableRanges: Set<KeyRange> {
    let foreign = Set(leaseStatus.tokens.keys).subtracting(leaseStatus.assigned)
    guard !foreign.isEmpty else { return [] }
    return foreign.subtracting(flights.keys.lazy.map { KeyRange(of: $0) })
  }

  /// Applies what another replica wrote.
  package mutating func apply(changed: Set<ResourceID>, removed: Set<ResourceID>, at now: Timestamp) {
    for id in changed where !owns(id) { learn(id) }
    for id in removed where !owns(id) { forget(id) }
    wake(changed.union(removed), at: now)
  }
}

extension LeaseStatus {
  /// The status of a replica that shares the environment with no other.
  package static let alone: LeaseStatus = {
    var status = LeaseStatus()
    status.tokens = Dictionary(uniqueKeysWithValues: KeyRange.all.map { ($0, 0) })
    status.assigned = Set(KeyRange.all)
    return status
  }()
}
