import Autoscaling
import Model
import Postgres
import SchedulerKind
import Testing

/// The demand for replicas and the supervisor lease on a real server.
@Suite struct PostgresReplicaSourceTests {
  /// What empty settings mean.
  private static let settings = ReplicaSettings(rule: ReplicaRule(target: 50))

  @Test("One of two servers on a database supervises, and the other can take over")
  func supervisorLease() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let one = PostgresReplicaSource(pool, supervisor: "one")
      let two = PostgresReplicaSource(pool, supervisor: "two")
      #expect(await one.read() == .follower, "no scheduler is declared")
      try await pool.query("INSERT INTO schedulers (name, settings) VALUES ('global', '{}')")
      try await pool.query(
        """
        INSERT INTO pending_jobs (job, account, module, priority, queued_at, deadline_at)
        SELECT 'job-' || n, 1, 'echo', 0, now(), now() FROM generate_series(1, 70) n
        """)
      #expect(await one.read() == .leader(scheduler: "global", Self.settings, pending: 70))
      #expect(await two.read() == .follower)
      await one.release()
      #expect(await two.read() == .leader(scheduler: "global", Self.settings, pending: 70))
      #expect(await one.read() == .follower)
      try await pool.query("UPDATE schedulers SET supervised_until = now()")
      #expect(await one.read() != .follower, "the lease of the other server expired")
    }
  }
}
