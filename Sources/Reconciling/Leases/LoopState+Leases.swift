package import Model

/// What the loop knows of its share. It begins nothing outside of the ranges that it holds and is to keep; what it
/// holds beyond them it lets go of as soon as nothing of it is in flight.
extension LoopState {
  /// Ranges in which this replica may begin something.
  package var owned: Set<KeyRange> { leaseStatus.assigned.intersection(leaseStatus.tokens.keys) }

  package func owns(_ id: ResourceID) -> Bool { owned.contains(KeyRange(of: id)) }

  /// Only the leader records revisions.
  package var leads: Bool { owned.contains(.first) }

  /// What a heartbeat changed.
  package struct Turn: Sendable {
    /// Ranges that are new, or were another's in between.
    package let gained: Set<KeyRange>
    /// Ranges that were taken away although they had not been given back.
    package let lost: Set<KeyRange>
    package let becameLeader: Bool
  }

  /// Takes up what a heartbeat was answered. What is in flight stays so until its pass is over, also in lost ranges: it
  /// must not be begun a second time here, and the store refuses what it writes.
  package mutating func take(_ leaseStatus: LeaseStatus) -> Turn {
    let (former, led) = (self.leaseStatus, leads)
    let ownedBefore = owned
    self.leaseStatus = leaseStatus
    if former.others.contains(where: { !$0.isExclusive && !leaseStatus.others.contains($0) }) {
      mayInherit = true
    }
    let kept = leaseStatus.tokens.filter { former.tokens[$0.key] == $0.value }
    let gained = owned.filter { !ownedBefore.contains($0) || kept[$0] == nil }
    let lost = former.tokens.keys.filter { former.assigned.contains($0) && kept[$0] == nil }
    return Turn(gained: gained, lost: Set(lost), becameLeader: leads && !led)
  }

  /// Ranges that are another's now and in which nothing is under way any more.
  package var released: Set<KeyRange> {
    let foreign = Set(leaseStatus.tokens.keys).subtracting(leaseStatus.assigned)
    guard !foreign.isEmpty else { return [] }
    return foreign.subtracting(flights.keys.lazy.map { KeyRange(of: $0) })
  }

  /// Takes up what another replica wrote.
  package mutating func hear(_ changed: Set<ResourceID>, removed: Set<ResourceID>, at now: Timestamp) {
    for id in changed where !owns(id) { learn(id) }
    for id in removed where !owns(id) { forget(id) }
    wake(changed.union(removed), at: now)
  }
}

extension LeaseStatus {
  /// That of a loop which nobody shares.
  package static let alone: LeaseStatus = {
    var leaseStatus = LeaseStatus()
    leaseStatus.tokens = Dictionary(uniqueKeysWithValues: KeyRange.all.map { ($0, 0) })
    leaseStatus.assigned = Set(KeyRange.all)
    return leaseStatus
  }()
}
