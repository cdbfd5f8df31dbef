internal import Concurrency
package import Model
package import Postgres
internal import Reconciling

/// What whoever starts replicas is told.
package enum ReplicaReading: Hashable, Sendable {
  /// He is the one who starts them.
  /// - Parameter pending: waiting jobs, counted to more than the greatest number of replicas is for.
  case mine(scheduler: String, ReplicaSettings, pending: Int)
  /// Another server starts them, or no scheduler is declared.
  case notMine
  /// The database does not answer: what runs goes on.
  case unknown(String)
}

/// Tells whoever starts replicas what is wanted, and whether it is he who starts them.
package protocol ReplicaSource: Sendable {
  func read() async -> ReplicaReading
  /// Lets another server begin at once.
  func leave() async
}

/// Of several servers on one database one starts replicas: who holds the row of the scheduler, for a quarter
/// of a minute at a time.
package struct ReplicaTable: ReplicaSource {
  private let pool: PostgresPool
  private let supervisor: String
  private let settings: @Sendable (Value) -> ReplicaSettings

  /// - Parameters:
  ///   - supervisor: names the server; different for each.
  ///   - settings: reads the replicas' part of `schedulers.settings`.
  package init(
    _ pool: PostgresPool, supervisor: String, settings: @escaping @Sendable (Value) -> ReplicaSettings
  ) {
    self.pool = pool
    self.supervisor = supervisor
    self.settings = settings
  }

  package func read() async -> ReplicaReading {
    do throws(PostgresError) {
      let rows = try await pool.query(ReplicaTable.take, [.text(supervisor)])
      guard let row = rows.first else { return .notMine }
      let settings = settings(try row.json(1))
      let limit = Int64(settings.rule.most) * settings.rule.target * 2
      let count = try await pool.query(
        "SELECT count(*) FROM (SELECT 1 FROM pending_jobs LIMIT $1) AS waiting", [.int(limit)])
      return .mine(scheduler: try row.text(0), settings, pending: Int(try count.only().int(0)))
    } catch {
      return error.code == .databaseMissing || error.code == .missing ? .notMine : .unknown(error.description)
    }
  }

  package func leave() async {
    _ = await UncancellableTask.run { await attemptLeave() }
  }

  private func attemptLeave() async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      _ = try await pool.query(
        "UPDATE schedulers SET supervisor = NULL, supervised_until = NULL WHERE supervisor = $1",
        [.text(supervisor)])
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// How long the row is held by whoever read it last.
  package static let hold = TimeSpan(seconds: 15)

  private static let take = """
    UPDATE schedulers SET supervisor = $1, supervised_until = now() + interval '15 seconds'
    WHERE supervisor IS NULL OR supervisor = $1 OR supervised_until <= now()
    RETURNING name, settings
    """
}
