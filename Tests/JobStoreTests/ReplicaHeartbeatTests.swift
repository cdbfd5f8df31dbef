import JobStore
import Model
import Postgres
import PostgresSupport
import SchedulingSupport
import Testing

/// The rows of scheduler replicas on a real server.
@Suite struct ReplicaHeartbeatTests {
  @Test("A replica records heartbeats and removes its row")
  func heartbeats() async throws {
    try await TestDatabase.with { pool in
      _ = try await SchedulingWorld(pool)
      let heartbeat = ReplicaHeartbeat(pool, name: "here-0", host: "here", process: 7)
      try await heartbeat.record()
      let first = try await pool.query("SELECT started_at, seen_at FROM scheduler_replicas").only().text(
        "started_at")
      try await pool.query(
        """
        INSERT INTO scheduler_replicas (name, host, process, seen_at)
        VALUES ('old', 'x', 1, now() - interval '2 hours')
        """
      )
      try await heartbeat.record()
      let rows = try await pool.query("SELECT started_at, name FROM scheduler_replicas")
      #expect(try rows.only().text("started_at") == first)
      #expect(try rows.only().text("name") == "here-0", "the row of a lost replica is removed")
      try await heartbeat.remove()
      #expect(try await pool.query("SELECT 1 FROM scheduler_replicas").isEmpty)
    }
  }
}
