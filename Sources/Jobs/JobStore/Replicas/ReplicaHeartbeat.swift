internal import Concurrency
package import Model
package import Postgres
package import Reconciling

/// Records the heartbeats of a replica in `scheduler_replicas`.
package struct ReplicaHeartbeat: Sendable {
  private let pool: PostgresPool
  private let name: String
  private let host: String
  private let process: Int64

  /// - Parameters:
  ///   - name: the unique name of the replica.
  ///   - process: the process identifier on the host.
  package init(_ pool: PostgresPool, name: String, host: String, process: Int64) {
    self.pool = pool
    self.name = name
    self.host = host
    self.process = process
  }

  /// Records heartbeats until the task is cancelled, then removes the replica's row. Errors of the database
  /// are retried.
  package func run(_ time: TimeSource) async {
    repeat { try? await record() } while (try? await time.sleep(ReplicaHeartbeat.interval)) != nil
    _ = await UncancellableTask.run { await attemptRemoval() }
  }

  /// Records one heartbeat, and removes the rows of replicas that sent none for an hour.
  package func record() async throws(PostgresError) {
    _ = try await pool.pipeline([
      Statement(Self.upsert, [.text(name), .text(host), .int(process)]),
      Statement("DELETE FROM scheduler_replicas WHERE seen_at < now() - interval '1 hour'"),
    ])
  }

  private func attemptRemoval() async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      return .success(try await remove())
    } catch {
      return .failure(error)
    }
  }

  package func remove() async throws(PostgresError) {
    _ = try await pool.query(
      "DELETE FROM scheduler_replicas WHERE name = $1 AND host = $2 AND process = $3",
      [.text(name), .text(host), .int(process)])
  }

  /// A sixth of the time after which a replica counts as lost.
  package static let interval = TimeSpan(seconds: 5)

  private static let upsert = """
    INSERT INTO scheduler_replicas AS replica (name, host, process) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET host = excluded.host, process = excluded.process, seen_at = now(),
      started_at = CASE WHEN (replica.host, replica.process) = (excluded.host, excluded.process)
        THEN replica.started_at ELSE now() END
    """
}
