package import Model

/// One process that works on an environment, for as long as it runs.
package struct ControllerReplica: Hashable, Sendable, CustomStringConvertible {
  /// Unique among all processes, past and future.
  package let name: String
  /// The command that it runs, such as `up` or `apply`.
  package let role: String
  /// The machine's name, for people.
  package let host: String
  /// Identifies the process and its machine for a check whether it still runs; nil when that cannot be
  /// checked.
  package let process: String?
  /// Whether it needs all ranges, as commands do that change the environment once.
  package let isExclusive: Bool

  package init(
    name: String, role: String = "controller", host: String = "", process: String? = nil,
    isExclusive: Bool = false
  ) {
    self.name = name
    self.role = role
    self.host = host
    self.process = process
    self.isExclusive = isExclusive
  }

  package var description: String { "\(role) \(name)\(host.isEmpty ? "" : " on \(host)")" }
}

/// What a replica reports about every second and a half.
package struct ControllerHeartbeat: Sendable {
  package let replica: ControllerReplica
  /// Ranges assigned to another replica in which nothing is in flight and nothing starts.
  package let released: Set<KeyRange>
  /// Whether the process of another replica is known to have ended, so that its leases need not expire first.
  /// False when that cannot be known.
  package let isGone: @Sendable (ControllerReplica) -> Bool

  package init(
    _ replica: ControllerReplica, released: Set<KeyRange> = [],
    isGone: @escaping @Sendable (ControllerReplica) -> Bool = { _ in false }
  ) {
    self.replica = replica
    self.released = released
    self.isGone = isGone
  }

  /// How long the leases of a replica last after a heartbeat.
  package static let leaseSpan = TimeSpan(seconds: 6)
  package static let interval = TimeSpan(milliseconds: 1500)
  /// The end of a lease in which its holder starts nothing, so that started calls reach the outside system in
  /// time.
  static let margin = TimeSpan(seconds: 1)
}

/// The leases of a replica after a heartbeat.
package struct LeaseStatus: Sendable {
  /// Counts the successful heartbeats of the replica.
  package internal(set) var number: Int64 = 0
  /// The ranges that it holds, each with its fencing token.
  package internal(set) var tokens: [KeyRange: Int64] = [:]
  /// The ranges assigned to it. It finishes and releases the other ranges that it holds.
  package internal(set) var assigned: Set<KeyRange> = []
  /// The other live replicas in the order of joining.
  package internal(set) var others: [ControllerReplica] = []
  /// Replicas that this heartbeat found dead.
  package internal(set) var evicted: [ControllerReplica] = []

  package var holdsAll: Bool { tokens.count == KeyRange.count }
  /// The replica that the others must yield to; nil for none.
  package internal(set) var exclusive: ControllerReplica?
}
