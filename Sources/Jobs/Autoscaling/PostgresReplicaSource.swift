internal import Concurrency
package import Model
package import Postgres
internal import Reconciling

/// The supervisor lease and the demand in the table `schedulers`. Of several servers on one database, the one
/// whose name is in the row of the scheduler supervises the replicas.
package struct PostgresReplicaSource: ReplicaSource {
  private let pool: PostgresPool
  private let supervisor: String
  private let settings: @Sendable (Value) -> ReplicaSettings

  /// - Parameters:
  ///   - supervisor: the unique name of the server.
  ///   - settings: reads the replicas' part of `schedulers.settings`.
  package init(
    _ pool: PostgresPool, supervisor: String, settings: @escaping @Sendable (Value) -> ReplicaSettings
  ) {
    self.pool = pool
    self.supervisor = supervisor
    self.settings = settings
  }

  package func read() async -> ReplicaDemand {
    do throws(PostgresError) {
      let rows = try await pool.query(Self.acquireLease, [.text(supervisor)])
      guard let row = rows.first else { return .follower }
      let settings = settings(try row.json("settings"))
      let limit = Int64(settings.rule.max) * settings.rule.target * 2
      let pending = try await pool.query(Self.countPending, [.int(limit)]).only().int("pending")
      return .leader(scheduler: try row.text("name"), settings, pending: pending)
    } catch {
      return error.code == .databaseMissing || error.code == .missing
        ? .follower : .unknown(error.description)
    }
  }

  package func release() async {
    _ = await UncancellableTask.run { await attemptRelease() }
  }

  private func attemptRelease() async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      _ = try await pool.query(Self.releaseLease, [.text(supervisor)])
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// The time after the last read after which another server may acquire the lease.
  package static let leaseDuration = TimeSpan(seconds: 15)

  private static let acquireLease = """
    UPDATE schedulers SET supervisor = $1, supervised_until = now() + interval '15 seconds'
    WHERE supervisor IS NULL OR supervisor = $1 OR supervised_until <= now()
    RETURNING name, settings
    """

  private static let countPending =
    "SELECT count(*) AS pending FROM (SELECT 1 FROM pending_jobs LIMIT $1) AS waiting"

  private static let releaseLease =
    "UPDATE schedulers SET supervisor = NULL, supervised_until = NULL WHERE supervisor = $1"
}
