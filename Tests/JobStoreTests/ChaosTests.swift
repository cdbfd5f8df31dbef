import Glibc
import JobModel
import JobStore
import Ledger
import Model
import Placement
import Postgres
import PostgresSupport
import SchedulingSupport
import Synchronization
import Testing

extension JobTests {
  /// 20,000 jobs and 50 workers that crash, stall, report twice and report late. Three scheduler processes
  /// are killed and restarted at random. A backend of PostgreSQL is killed in the middle, which restarts the
  /// whole server.
  @Suite struct ChaosTests {
    private static let (jobs, nodes, slots, creators) = (20_000, 50, 8, 20)

    @Test("Every job ends once and is paid at most once", .timeLimit(.minutes(15)))
    func everyJobEndsOnce() async throws {
      let seed =
        getenv("CHAOS_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1...1_000_000)
      print("chaos seed \(seed)")
      try await TestFolder.with { folder in
        let server = PostgresServer(stateFolder: folder)
        try await server.start()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await run(server, seed)) } catch { outcome = .failure(error) }
        _ = try? await server.stop()
        try outcome.get()
      }
    }

    private func run(_ server: PostgresServer, _ seed: UInt64) async throws {
      try await server.createDatabase("chaos")
      let pool = PostgresPool(try await server.configuration(database: "chaos"), connections: 12)
      let world = try await SchedulingWorld(pool)
      // Some accounts cannot pay for all of their orders.
      try await world.credit((0..<Self.creators).map { "c\($0)" }, 95)
      try await world.addModule("echo", cores: 500)
      try await world.addModule("paint", gpuMemory: 3 << 30, cores: 250)
      try await world.addNodes(Self.nodes - 2, slots: Self.slots, cores: 2000, gpus: 2, gpuMemory: 8 << 30)
      try await world.addNodes(2, from: 90, slots: Self.slots, gpus: 2, isOverflow: true)
      var settings = SchedulerSettings()
      settings.lease = TimeSpan(seconds: 1)
      try await world.set(settings)
      let fixture = JobStoreFixture(world, seed: seed)
      try await fixture.service.refresh()
      let processes = SchedulerProcesses(
        socket: await server.socketFolder ?? "", database: "chaos", seed: seed)
      let tally = Tally()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          await fixture.service.run()
          return false
        }
        group.addTask {
          try await processes.run(3)
          return false
        }
        for number in 1...Self.nodes {
          let node = number <= Self.nodes - 2 ? "n\(number)" : "n\(90 + Self.nodes - number)"
          let worker = ScriptedWorker(
            node: node, workerAPI: fixture.service, seed: seed &+ UInt64(number), width: Self.slots)
          group.addTask {
            await worker.run()
            return false
          }
        }
        group.addTask {
          try await order(fixture, tally)
          try await untilOver(pool)
          return true
        }
        group.addTask {
          try await restart(pool)
          return false
        }
        while let isOver = try await group.next() { if isOver { break } }
        group.cancelAll()
        while await group.nextResult() != nil {}
      }
      try await settle(fixture)
      print(
        "chaos: \(tally.accepted.load(ordering: .relaxed)) accepted, \(processes.count) scheduler processes")
      try await check(world, accepted: Int64(tally.accepted.load(ordering: .relaxed)))
      await pool.close()
    }

    private final class Tally: Sendable {
      let next = Atomic(0)
      let accepted = Atomic(0)
    }

    /// Sixteen clients; an order without an answer is repeated with the same key.
    private func order(_ fixture: JobStoreFixture, _ tally: Tally) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask {
            while true {
              let number = tally.next.add(1, ordering: .relaxed).oldValue
              guard number < Self.jobs else { return }
              let order = JobOrder(
                creator: "c\(number % Self.creators)", module: number % 3 == 0 ? "paint" : "echo",
                input: .integer(Int64(number)), priority: number % 10, key: "job-\(number)")
              if try await submit(order, fixture) { tally.accepted.add(1, ordering: .relaxed) }
            }
          }
        }
        try await group.waitForAll()
      }
    }

    private func submit(_ order: JobOrder, _ fixture: JobStoreFixture) async throws -> Bool {
      while true {
        do throws(JobError) {
          _ = try await fixture.service.submit(order)
          return true
        } catch {
          if error.code == .insufficientCredit { return false }
          try #require(error.code == .unavailable, "\(error)")
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }

    /// Breaks all connections once a third of the jobs is over.
    private func restart(_ pool: PostgresPool) async throws {
      while await count(pool, "SELECT count(*) AS value FROM jobs WHERE finished_at IS NOT NULL") ?? 0 < Self
        .jobs / 3
      {
        try await Task.sleep(for: .milliseconds(100))
      }
      let backend = await count(
        pool,
        """
        SELECT pid AS value FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1
        """)
      #expect(kill(pid_t(backend ?? 0), SIGKILL) == 0)
    }

    private func untilOver(_ pool: PostgresPool) async throws {
      while await count(pool, "SELECT count(*) AS value FROM jobs WHERE finished_at IS NULL") != 0 {
        try await Task.sleep(for: .milliseconds(200))
      }
    }

    /// Reads the column `value` of the only row; nil while the server does not answer.
    private func count(_ pool: PostgresPool, _ sql: String) async -> Int64? {
      try? await pool.query(sql).only().int("value")
    }

    private func settle(_ fixture: JobStoreFixture) async throws {
      while try await fixture.world.count("SELECT count(*) FROM usage_events WHERE settled_at IS NULL") > 0 {
        try await fixture.loop.turn()
      }
    }

    private func check(_ world: SchedulingWorld, accepted: Int64) async throws {
      for (problem, sql, expected) in Self.rules {
        let found = try await world.count(sql)
        #expect(found == expected, "\(problem)")
      }
      let jobs = try await world.count("SELECT count(*) FROM jobs")
      #expect(jobs == accepted, "each accepted order is one job")
      let retries = try await world.count("SELECT count(*) FROM job_attempts WHERE number > 1")
      let lost = try await world.count("SELECT count(*) FROM job_attempts WHERE state = 'lost'")
      #expect(retries > 0 && lost > 0, "no attempt failed, so no retry was tested")
      let proof = try await LedgerProof(world.pool).verify()
      #expect(proof.findings.isEmpty, "\(proof.findings)")
    }

    private static let rules: [(String, String, Int64)] = [
      (
        "a job is not over",
        "SELECT count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')", 0
      ),
      ("a job still waits", "SELECT count(*) FROM pending_jobs", 0),
      ("an attempt is open", "SELECT count(*) FROM job_attempts WHERE ended_at IS NULL", 0),
      ("two attempts at one job overlap", overlaps, 0),
      ("a job succeeded twice, or without a successful attempt", successes, 0),
      ("the claims on a node exceeded its capacity at some time", overallocations, 0),
      (
        "a claim on a node was not released",
        """
        SELECT count(*) FROM scheduler_nodes
        WHERE slots_used <> 0 OR cores_used <> 0 OR EXISTS (SELECT 1 FROM unnest(gpu_used) g WHERE g <> 0)
        """, 0
      ),
      (
        "a job was paid for more than once",
        "SELECT count(*) FROM (SELECT job FROM usage_events GROUP BY job HAVING count(*) > 1) x", 0
      ),
      (
        "the captured credits are not the costs of the jobs",
        """
        SELECT (SELECT coalesce(sum(captured_micro), 0) FROM holds)
          - (SELECT coalesce(sum(cost_micro), 0) FROM jobs)
        """, 0
      ),
      (
        "a job that failed cost something",
        "SELECT count(*) FROM jobs WHERE state = 'failed' AND cost_micro > 0", 0
      ),
      ("a hold is open", "SELECT count(*) FROM holds WHERE state = 'open'", 0),
      ("usage was refused", "SELECT count(*) FROM usage_events WHERE outcome <> 'done'", 0),
      ("the sum of all balances is not zero", "SELECT sum(balance_micro)::bigint FROM accounts", 0),
      (
        "an account is overdrawn",
        "SELECT count(*) FROM accounts WHERE kind = 'creator' AND balance_micro < held_micro", 0
      ),
    ]

    private static let overlaps = """
      SELECT count(*) FROM job_attempts a JOIN job_attempts b ON b.job = a.job AND b.number = a.number + 1
      WHERE b.dispatched_at < a.ended_at
      """

    private static let successes = """
      SELECT count(*) FROM jobs j WHERE (j.state = 'succeeded')::int
        <> (SELECT count(*) FROM job_attempts a WHERE a.job = j.id AND a.state = 'succeeded')
      """

    /// Sums the claims and releases of each node's slots and cores and each GPU's memory over time.
    private static let overallocations = """
      WITH moves AS (
        SELECT node, gpu, dispatched_at AS at, 1 AS slots, cores, gpu_memory FROM job_attempts
        UNION ALL SELECT node, gpu, ended_at, -1, -cores, -gpu_memory FROM job_attempts
      ), sums AS (
        SELECT node, sum(slots) OVER w AS slots, sum(cores) OVER w AS cores, sum(gpu_memory) OVER g AS memory
        FROM moves WINDOW w AS (PARTITION BY node ORDER BY at, slots ROWS UNBOUNDED PRECEDING),
          g AS (PARTITION BY node, gpu ORDER BY at, slots ROWS UNBOUNDED PRECEDING)
      )
      SELECT count(*) FROM sums s JOIN scheduler_nodes n ON n.id = s.node
      WHERE s.slots > n.slots OR s.cores > n.cores OR s.memory > n.gpu_memory
      """
  }
}
