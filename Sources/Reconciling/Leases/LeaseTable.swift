package import Model

/// The replicas of an environment and the holders of its key ranges. A value: the store reads it, applies a
/// change, and writes the difference, all in one transaction and by the store's clock.
///
/// A lease lasts as long as its holder's membership. Acquiring a range increments its token, and so does
/// taking it away from a dead replica. A write with an older token is rejected.
package struct LeaseTable: Hashable, Sendable {
  package struct Membership: Hashable, Sendable {
    package let replica: ControllerReplica
    /// Increases with each replica that joins.
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
    /// 0 when the range was never held.
    package var token: Int64
    /// When the range was acquired or released.
    package var since: Timestamp

    package init(holder: String?, token: Int64, since: Timestamp) {
      self.holder = holder
      self.token = token
      self.since = since
    }
  }

  /// By the replica's name.
  package private(set) var memberships: [String: Membership]
  /// By number of the range. Always complete.
  package private(set) var leases: [Lease]

  /// - Parameter leases: Missing ranges were never held.
  package init(memberships: [Membership] = [], leases: [KeyRange: Lease] = [:]) {
    self.memberships = Dictionary(
      memberships.map { ($0.replica.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.leases = KeyRange.all.map {
      leases[$0] ?? Lease(holder: nil, token: 0, since: Timestamp(microseconds: 0))
    }
  }

  package subscript(range: KeyRange) -> Lease { leases[range.number] }

  /// Memberships in the order of joining.
  package var orderedMemberships: [Membership] { memberships.values.sorted { $0.joined < $1.joined } }

  /// The replica that may work on a resource now; nil for none.
  package func holder(of id: ResourceID, now: Timestamp) -> ControllerReplica? {
    self[KeyRange(of: id)].holder.flatMap { memberships[$0] }
      .flatMap { $0.expiresAt > now ? $0.replica : nil }
  }

  /// Whether other replicas must be notified: a replica joined or left, or a range has another holder.
  package func differs(from other: LeaseTable) -> Bool {
    leases != other.leases || Set(memberships.keys) != Set(other.memberships.keys)
  }

  /// Whether a write with this token is accepted.
  package func isCurrent(_ token: Int64, of range: KeyRange) -> Bool {
    self[range].holder != nil && self[range].token == token
  }

  /// Records a heartbeat: renews or creates the replica's membership, frees the ranges that it releases, and
  /// acquires the free ranges that are assigned to it.
  package mutating func record(_ heartbeat: ControllerHeartbeat, now: Timestamp) -> LeaseStatus {
    let me = heartbeat.replica.name
    var status = LeaseStatus()
    status.evicted = evict(now: now, unless: me, isGone: heartbeat.isGone)
    let joined = memberships[me]?.joined ?? (memberships.values.map(\.joined).max() ?? 0) + 1
    memberships[me] = Membership(
      replica: heartbeat.replica, joined: joined, expiresAt: now + ControllerHeartbeat.leaseSpan)

    let replicas = orderedMemberships.map(\.replica)
    status.others = replicas.filter { $0.name != me }
    status.exclusive = replicas.first(where: \.isExclusive)
    let workers = status.exclusive.map { [$0.name] } ?? replicas.map(\.name)
    let assigned = RangeAssignment.assign(leases.map(\.holder), to: workers)
    for range in KeyRange.all {
      let index = range.number
      if assigned[index] == me { status.assigned.insert(range) }
      if leases[index].holder == me, assigned[index] != me, heartbeat.released.contains(range) {
        leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
      } else if leases[index].holder == nil, assigned[index] == me {
        leases[index] = Lease(holder: me, token: leases[index].token + 1, since: now)
      }
      if leases[index].holder == me { status.tokens[range] = leases[index].token }
    }
    return status
  }

  /// Ends a membership and frees its ranges.
  package mutating func leave(_ name: String, now: Timestamp) {
    memberships[name] = nil
    for index in leases.indices where leases[index].holder == name {
      leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
    }
  }

  /// Ends the memberships of dead replicas. The caller keeps its own leases however late its heartbeat is,
  /// unless another replica has taken them over.
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
