package import Postgres

/// The number of waiting jobs, by which schedulers are scaled.
package enum PendingJobs {
  /// A query with one row and one column, for KEDA.
  package static let countQuery = "SELECT count(*) FROM pending_jobs"

  /// - Parameter limit: no more than this many are counted.
  package static func count(limit: Int64, _ pool: PostgresPool) async throws(PostgresError) -> Int64 {
    let rows = try await pool.query(
      "SELECT count(*) AS pending FROM (SELECT 1 FROM pending_jobs LIMIT $1) AS waiting", [.int(limit)])
    return try rows.only().int("pending")
  }

  /// The columns `running`, the number of replicas with a recent heartbeat, and `pending`.
  /// - Parameter limit: no more than this many jobs are counted.
  package static func countWithReplicas(limit: Int) -> Statement {
    Statement(JobStoreSQL.replicas, [.int(Int64(limit)), .double(replicaTimeoutSeconds)])
  }

  /// For how many seconds a replica counts as running after its heartbeat; it sends one every five seconds.
  private static let replicaTimeoutSeconds = 30.0
}
