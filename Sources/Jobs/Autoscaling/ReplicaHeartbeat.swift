internal import Concurrency
package import Model
package import Postgres
package import Reconciling

/// A replica's signs of life in `scheduler_replicas`.
package struct ReplicaHeartbeat: Sendable {
  private let pool: PostgresPool
  private let name: String
  private let host: String
  private let process: Int64

  /// - Parameters:
  ///   - name: different for each replica.
  ///   - process: its number on the host.
  package init(_ pool: PostgresPool, name: String, host: String, process: Int64) {
    self.pool = pool
    self.name = name
    self.host = host
    self.process = process
  }

  /// Beats until the task is cancelled, then takes its row away. A database that does not answer is asked
  /// again.
  package func run(_ time: TimeSource) async {
    repeat { try? await beat() } while (try? await time.sleep(ReplicaHeartbeat.pause)) != nil
    _ = await UncancellableTask.run { await attemptEnd() }
  }

  /// Once; also removes what was left by replicas that are long gone.
  package func beat() async throws(PostgresError) {
    _ = try await pool.pipeline([
      Statement(
        """
        INSERT INTO scheduler_replicas AS replica (name, host, process) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET host = excluded.host, process = excluded.process, seen_at = now(),
          started_at = CASE WHEN (replica.host, replica.process) = (excluded.host, excluded.process)
            THEN replica.started_at ELSE now() END
        """, [.text(name), .text(host), .int(process)]),
      Statement("DELETE FROM scheduler_replicas WHERE seen_at < now() - interval '1 hour'"),
    ])
  }

  private func attemptEnd() async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      return .success(try await end())
    } catch {
      return .failure(error)
    }
  }

  package func end() async throws(PostgresError) {
    _ = try await pool.query(
      "DELETE FROM scheduler_replicas WHERE name = $1 AND host = $2 AND process = $3",
      [.text(name), .text(host), .int(process)])
  }

  /// A sixth of the time after which a replica counts as gone.
  package static let pause = TimeSpan(seconds: 5)
}
