package import Model

/// One process that works on an environment, for as long as it runs.
package struct ControllerReplica: Hashable, Sendable, CustomStringConvertible {
  /// No other process, before or after, has it.
  package let name: String
  /// What it runs as, such as `up` or `apply`.
  package let role: String
  /// The machine's name, for people.
  package let host: String
  /// Which process of which machine it is, for whoever can look whether that still runs; nil where nobody can.
  package let process: String?
  /// Whether it wants all ranges for itself, as commands do that change the world once.
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

/// What a replica says about every second and a half.
package struct ControllerHeartbeat: Sendable {
  package let replica: ControllerReplica
  /// Ranges in which nothing is under way any more and nothing is begun, because they are another's now.
  package let released: Set<KeyRange>
  /// Whether the process behind another replica is known to be gone, so that nobody waits for its lease to expire.
  /// Says false where that cannot be known.
  package let isGone: @Sendable (ControllerReplica) -> Bool

  package init(
    _ replica: ControllerReplica, released: Set<KeyRange> = [],
    isGone: @escaping @Sendable (ControllerReplica) -> Bool = { _ in false }
  ) {
    self.replica = replica
    self.released = released
    self.isGone = isGone
  }

  /// How long a replica's leases last after a heartbeat.
  package static let span = TimeSpan(seconds: 6)
  package static let interval = TimeSpan(milliseconds: 1500)
  /// What a replica does not use of its lease: steps that it begins have so much time to reach the world.
  static let margin = TimeSpan(seconds: 1)
}

/// What a replica holds after a heartbeat.
package struct LeaseStatus: Sendable {
  /// Counts the heartbeats of the replica that were answered.
  package internal(set) var number: Int64 = 0
  /// The ranges it holds, each with its fencing token.
  package internal(set) var tokens: [KeyRange: Int64] = [:]
  /// The ranges that it is to have. What it holds beyond them it finishes and gives back.
  package internal(set) var assigned: Set<KeyRange> = []
  /// The others that are alive, in the order of joining.
  package internal(set) var others: [ControllerReplica] = []
  /// Replicas that this heartbeat found dead.
  package internal(set) var evicted: [ControllerReplica] = []

  package var holdsAll: Bool { tokens.count == KeyRange.count }
  /// For whom the others have to make way; nil when that is nobody.
  package internal(set) var exclusive: ControllerReplica?
}
