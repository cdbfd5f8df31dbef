package import Model

/// Who works on an environment and who holds which of its ranges. A value: the store reads it, lets it decide, and
/// writes what changed, all in one transaction and by the store's own clock.
///
/// A lease lasts as long as its holder's membership. Taking a range raises its token by one, and so does taking it away from
/// a replica that is dead; a write with an older token is refused.
package struct LeaseTable: Hashable, Sendable {
  package struct Membership: Hashable, Sendable {
    package let replica: ControllerReplica
    /// Counts those who joined.
    package let joined: Int64
    package var expiresAt: Timestamp

    package init(replica: ControllerReplica, joined: Int64, expiresAt: Timestamp) {
      self.replica = replica
      self.joined = joined
      self.expiresAt = expiresAt
    }
  }

  package struct Lease: Hashable, Sendable {
    /// The replica's name; nil while the range is free.
    package var holder: String?
    /// 0: it was never held.
    package var token: Int64
    /// When it was taken or given back.
    package var since: Timestamp

    package init(holder: String?, token: Int64, since: Timestamp) {
      self.holder = holder
      self.token = token
      self.since = since
    }
  }

  /// By name.
  package private(set) var memberships: [String: Membership]
  /// By number of the range; always all of them.
  package private(set) var leases: [Lease]

  /// Ranges that `leases` says nothing of were never held.
  package init(memberships: [Membership] = [], leases: [KeyRange: Lease] = [:]) {
    self.memberships = Dictionary(memberships.map { ($0.replica.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.leases = KeyRange.all.map {
      leases[$0] ?? Lease(holder: nil, token: 0, since: Timestamp(microseconds: 0))
    }
  }

  package subscript(range: KeyRange) -> Lease { leases[range.number] }

  /// Seats in the order of joining.
  package var orderedMemberships: [Membership] { memberships.values.sorted { $0.joined < $1.joined } }

  /// Who may work on a resource now; nil where nobody does.
  package func holder(of id: ResourceID, now: Timestamp) -> ControllerReplica? {
    self[KeyRange(of: id)].holder.flatMap { memberships[$0] }.flatMap { $0.expiresAt > now ? $0.replica : nil }
  }

  /// Whether others need to hear of it: somebody came or went, or a range changed hands.
  package func differs(from other: LeaseTable) -> Bool {
    leases != other.leases || Set(memberships.keys) != Set(other.memberships.keys)
  }

  /// Whether a write with this token is still its holder's.
  package func isCurrent(_ token: Int64, of range: KeyRange) -> Bool {
    self[range].holder != nil && self[range].token == token
  }

  /// Renews the replica's membership, or gives it one; gives its released ranges away; takes what it is to have and
  /// nobody holds.
  package mutating func record(_ heartbeat: ControllerHeartbeat, now: Timestamp) -> LeaseStatus {
    let me = heartbeat.replica.name
    var leaseStatus = LeaseStatus()
    leaseStatus.evicted = evict(now: now, unless: me, isGone: heartbeat.isGone)
    let joined = memberships[me]?.joined ?? (memberships.values.map(\.joined).max() ?? 0) + 1
    memberships[me] = Membership(replica: heartbeat.replica, joined: joined, expiresAt: now + ControllerHeartbeat.span)

    let seated = orderedMemberships.map(\.replica)
    leaseStatus.others = seated.filter { $0.name != me }
    leaseStatus.exclusive = seated.first(where: \.isExclusive)
    let workers = leaseStatus.exclusive.map { [$0.name] } ?? seated.map(\.name)
    let assigned = RangeAssignment.assign(leases.map(\.holder), to: workers)
    for range in KeyRange.all {
      let index = range.number
      if assigned[index] == me { leaseStatus.assigned.insert(range) }
      if leases[index].holder == me, assigned[index] != me, heartbeat.released.contains(range) {
        leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
      } else if leases[index].holder == nil, assigned[index] == me {
        leases[index] = Lease(holder: me, token: leases[index].token + 1, since: now)
      }
      if leases[index].holder == me { leaseStatus.tokens[range] = leases[index].token }
    }
    return leaseStatus
  }

  /// Frees everything that the replica holds.
  package mutating func leave(_ name: String, now: Timestamp) {
    memberships[name] = nil
    for index in leases.indices where leases[index].holder == name {
      leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
    }
  }

  /// A lease that nobody took over meanwhile is still its holder's, however late the heartbeat comes.
  private mutating func evict(
    now: Timestamp, unless me: String, isGone: (ControllerReplica) -> Bool
  ) -> [ControllerReplica] {
    let dead = orderedMemberships.filter { membership in
      membership.replica.name != me && (membership.expiresAt <= now || isGone(membership.replica))
    }.map(\.replica)
    for replica in dead { memberships[replica.name] = nil }
    for index in leases.indices {
      guard let holder = leases[index].holder, memberships[holder] == nil, holder != me else { continue }
      leases[index] = Lease(holder: nil, token: leases[index].token + 1, since: now)
    }
    return dead
  }
}
