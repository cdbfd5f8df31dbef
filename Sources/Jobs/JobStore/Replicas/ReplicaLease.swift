package import Model
package import Postgres

/// The supervisor lease in the table `schedulers`. Of several servers on one database, the one whose name is
/// in the row of the scheduler supervises the replicas.
package struct ReplicaLease: Sendable {
  /// The scheduler whose lease the server holds.
  package struct Held: Sendable {
    package let scheduler: String
    /// The recorded settings.
    package let settings: Value
  }

  private let pool: PostgresPool
  private let supervisor: String

  /// - Parameter supervisor: the unique name of the server.
  package init(_ pool: PostgresPool, supervisor: String) {
    self.pool = pool
    self.supervisor = supervisor
  }

  /// The time after the last `acquire` after which another server may acquire the lease.
  package static let duration = TimeSpan(seconds: 15)

  /// Acquires or renews the lease. Nil: another server holds it, or no scheduler is declared.
  package func acquire() async throws(PostgresError) -> Held? {
    let rows = try await pool.query(
      """
      UPDATE schedulers SET supervisor = $1, supervised_until = now() + $2 * interval '1 millisecond'
      WHERE supervisor IS NULL OR supervisor = $1 OR supervised_until <= now()
      RETURNING name, settings
      """, [.text(supervisor), .int(ReplicaLease.duration.milliseconds)])
    return try rows.first.map { row throws(PostgresError) in
      Held(scheduler: try row.text("name"), settings: try row.json("settings"))
    }
  }

  package func release() async throws(PostgresError) {
    try await pool.query(
      "UPDATE schedulers SET supervisor = NULL, supervised_until = NULL WHERE supervisor = $1",
      [.text(supervisor)])
  }
}
