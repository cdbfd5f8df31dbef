/// The demand for scheduler replicas, and whether this server supervises them.
package enum ReplicaDemand: Hashable, Sendable {
  /// This server holds the supervisor lease.
  /// - Parameter pending: pending jobs, counted up to twice what the greatest number of replicas is for.
  case leader(scheduler: String, ReplicaSettings, pending: Int64)
  /// Another server holds the lease, or no scheduler is declared.
  case follower
  /// The database does not answer. Running replicas continue.
  case unknown(String)
}

/// Reads the demand and holds the supervisor lease.
package protocol ReplicaSource: Sendable {
  /// Reads the demand; acquires or renews the lease.
  func read() async -> ReplicaDemand
  /// Releases the lease, so that another server can acquire it immediately.
  func release() async
}
