package import Model

/// Who works on an environment and who holds which of its ranges. A value: the store reads it, lets it decide, and
/// writes what changed, all in one transaction and by the store's own clock.
///
/// A lease lasts as long as its holder's seat. Taking a range raises its token by one, and so does taking it away from
/// a replica that is dead; a write with an older token is refused.
package struct LeaseTable: Hashable, Sendable {
  package struct Seat: Hashable, Sendable {
    package let replica: Replica
    /// Counts those who joined.
    package let joined: Int64
    package var expiresAt: Timestamp

    package init(replica: Replica, joined: Int64, expiresAt: Timestamp) {
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
  package private(set) var seats: [String: Seat]
  /// By number of the range; always all of them.
  package private(set) var leases: [Lease]

  /// Ranges that `leases` says nothing of were never held.
  package init(seats: [Seat] = [], leases: [KeyRange: Lease] = [:]) {
    self.seats = Dictionary(seats.map { ($0.replica.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.leases = KeyRange.all.map {
      leases[$0] ?? Lease(holder: nil, token: 0, since: Timestamp(microseconds: 0))
    }
  }

  package subscript(range: KeyRange) -> Lease { leases[range.number] }

  /// Seats in the order of joining.
  package var inOrder: [Seat] { seats.values.sorted { $0.joined < $1.joined } }

  /// Who may work on a resource now; nil where nobody does.
  package func holder(of id: ResourceID, now: Timestamp) -> Replica? {
    self[KeyRange(of: id)].holder.flatMap { seats[$0] }.flatMap { $0.expiresAt > now ? $0.replica : nil }
  }

  /// Whether others need to hear of it: somebody came or went, or a range changed hands.
  package func differs(from other: LeaseTable) -> Bool {
    leases != other.leases || Set(seats.keys) != Set(other.seats.keys)
  }

  /// Whether a write with this token is still its holder's.
  package func isCurrent(_ token: Int64, of range: KeyRange) -> Bool {
    self[range].holder != nil && self[range].token == token
  }

  /// Renews the replica's seat, or gives it one; gives its surrendered ranges away; takes what it is to have and
  /// nobody holds.
  package mutating func beat(_ heartbeat: Heartbeat, now: Timestamp) -> LeaseStatus {
    let me = heartbeat.replica.name
    var standing = LeaseStatus()
    standing.evicted = evict(now: now, unless: me, isGone: heartbeat.isGone)
    let joined = seats[me]?.joined ?? (seats.values.map(\.joined).max() ?? 0) + 1
    seats[me] = Seat(replica: heartbeat.replica, joined: joined, expiresAt: now + Heartbeat.span)

    let seated = inOrder.map(\.replica)
    standing.others = seated.filter { $0.name != me }
    standing.exclusive = seated.first(where: \.isExclusive)
    let workers = standing.exclusive.map { [$0.name] } ?? seated.map(\.name)
    let assigned = RangeAssignment.assign(leases.map(\.holder), to: workers)
    for range in KeyRange.all {
      let index = range.number
      if assigned[index] == me { standing.assigned.insert(range) }
      if leases[index].holder == me, assigned[index] != me, heartbeat.surrendered.contains(range) {
        leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
      } else if leases[index].holder == nil, assigned[index] == me {
        leases[index] = Lease(holder: me, token: leases[index].token + 1, since: now)
      }
      if leases[index].holder == me { standing.tokens[range] = leases[index].token }
    }
    return standing
  }

  /// Frees everything that the replica holds.
  package mutating func leave(_ name: String, now: Timestamp) {
    seats[name] = nil
    for index in leases.indices where leases[index].holder == name {
      leases[index] = Lease(holder: nil, token: leases[index].token, since: now)
    }
  }

  /// A lease that nobody took over meanwhile is still its holder's, however late the heartbeat comes.
  private mutating func evict(
    now: Timestamp, unless me: String, isGone: (Replica) -> Bool
  ) -> [Replica] {
    let dead = inOrder.filter { seat in
      seat.replica.name != me && (seat.expiresAt <= now || isGone(seat.replica))
    }.map(\.replica)
    for replica in dead { seats[replica.name] = nil }
    for index in leases.indices {
      guard let holder = leases[index].holder, seats[holder] == nil, holder != me else { continue }
      leases[index] = Lease(holder: nil, token: leases[index].token + 1, since: now)
    }
    return dead
  }
}
