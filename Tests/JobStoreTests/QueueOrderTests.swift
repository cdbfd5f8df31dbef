import JobModel
import JobStore
import Ledger
import Model
import Postgres
import RandomSupport
import SchedulingSupport
import Testing

extension JobTests {
  /// No waiting job is passed over forever, whatever other accounts order.
  @Suite struct QueueOrderTests {
    @Test("A later order takes no slot from a waiting job")
    func noOvertaking() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        var running = try await fixture.order("ada").id
        let waiting = try await fixture.order("bob")
        try await fixture.loop.turn()
        for _ in 0..<3 {
          // A slot becomes free, and the account that orders without pause is the first to order.
          try await fixture.succeed(running)
          let next = try await fixture.order("ada")
          #expect(next.state == .pending)
          try await fixture.loop.turn()
          let placed = try await fixture.world.pool.query("SELECT id FROM jobs WHERE state = 'dispatched'")
            .only()
          running = try #require(JobID(try placed.text("id")))
          if running == waiting.id { break }
        }
        #expect(running == waiting.id)
      }
    }

    @Test("Jobs that no node can run do not block other jobs")
    func unplaceableJobs() async throws {
      try await JobStoreFixture.with(nodes: 0) { fixture in
        try await fixture.world.addModule("paint", gpuMemory: 64 << 30)
        try await fixture.world.ledger.open((0..<600).map { "c\($0)" }, as: .creator)
        try await QueueOrderTests.queue(600, of: "paint", in: fixture.world.pool)
        try await QueueOrderTests.queue(600, of: "echo", in: fixture.world.pool)
        try await fixture.world.addNodes(1, slots: 400)
        try await fixture.world.pool.query("UPDATE scheduler_nodes SET cores = 1000000")
        try await fixture.loop.turn()
        let dispatched = try await fixture.world.count("SELECT count(*) FROM jobs WHERE state = 'dispatched'")
        #expect(dispatched == 400, "every free slot is used")
        let rows = try await fixture.world.count("SELECT slots_used FROM scheduler_nodes")
        #expect(rows == 400)
      }
    }

    /// Accounts with few and with many jobs of several modules and priorities; slots become free one by one.
    @Test("No waiting job starves")
    func noStarvation() async throws {
      let seed = UInt64.random(in: 1...1_000_000)
      print("turns seed \(seed)")
      try await JobStoreFixture.with(nodes: 1, slots: 2) { fixture in
        var dice = SeededRandom(seed: seed)
        let creators = (0..<6).map { "c\($0)" }
        try await fixture.world.credit(creators, 100)
        try await fixture.world.addModule("paint")
        try await fixture.service.refresh()
        var waits: [JobID: Int] = [:]
        for turn in 0..<120 {
          // The first two accounts order in every turn, the others rarely.
          for (index, creator) in creators.enumerated() where index < 2 || dice.int(20) == 0 {
            let job = try await fixture.order(creator) {
              $0.module = dice.int(2) == 0 ? "echo" : "paint"
              // A greater priority of the same account may always go first, so the others have one priority.
              $0.priority = index < 2 ? Int(dice.int(10)) : 5
            }
            if index >= 2 { waits[job.id] = turn }
          }
          let running = try await fixture.world.pool.query(
            "SELECT id FROM jobs WHERE state = 'dispatched' ORDER BY id")
          let free = try #require(JobID(try running[Int(dice.int(UInt64(running.count)))].text("id")))
          try await fixture.succeed(free)
          try await fixture.loop.turn()
          for (job, since) in waits where try await fixture.service.job(job).state != .pending {
            // Each of six accounts has a turn before one has the next; own jobs may go first.
            #expect(turn - since <= 40, "job \(job), seed \(seed)")
            waits[job] = nil
          }
          for (job, since) in waits { #expect(turn - since <= 40, "job \(job) waits, seed \(seed)") }
        }
      }
    }

    /// Stores one waiting job of each account, without a hold.
    private static func queue(_ count: Int, of module: String, in pool: PostgresPool) async throws {
      try await pool.query(
        """
        INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro,
          hold, held_micro, priority, state, submitted_at, deadline_at)
        SELECT substr($1, 1, 1) || lpad(id::text, 15, '0'), id, '', $1, $2, 'dev', 'null', 1, 100000, 0,
          100000, 5, 'pending', now(), now() + interval '1 hour'
        FROM accounts WHERE name ~ '^c[0-9]+$' ORDER BY id LIMIT $3
        """, [.text(module), .text(SchedulingWorld.image), .int(Int64(count))])
      try await pool.query(
        """
        INSERT INTO pending_jobs
        SELECT id, account, module, priority, submitted_at, deadline_at FROM jobs WHERE module = $1
        """, [.text(module)])
    }
  }
}
