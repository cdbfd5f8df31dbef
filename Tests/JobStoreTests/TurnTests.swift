import JobModel
import JobStore
import KindTestSupport
import Ledger
import Model
import Postgres
import RandomSupport
import SchedulingSupport
import Testing

extension JobTests {
  /// Nobody who waits is passed over for ever, whoever else orders how much of what.
  @Suite struct Turns {
    @Test func whoComesLaterTakesNoPlaceFromThoseWhoWait() async throws {
      try await Desk.with(nodes: 1, slots: 1) { desk in
        var running = try await desk.order("ada").id
        let waiting = try await desk.order("bob")
        try await desk.loop.turn()
        for _ in 0..<3 {
          // A place becomes free, and whoever orders without pause is there first.
          try await desk.succeed(running)
          let next = try await desk.order("ada")
          #expect(next.state == .pending)
          try await desk.loop.turn()
          let placed = try await desk.world.pool.query("SELECT id FROM jobs WHERE state = 'dispatched'")
            .only()
          running = try #require(JobID(try placed.text(0)))
          if running == waiting.id { break }
        }
        #expect(running == waiting.id)
      }
    }

    @Test func manyWhoFindNoPlaceDoNotKeepOthersFromTheirs() async throws {
      try await Desk.with(nodes: 0) { desk in
        try await desk.world.addModule("paint", gpuMemory: 64 << 30)
        try await desk.world.ledger.open((0..<600).map { "c\($0)" }, as: .creator)
        try await Turns.queue(600, of: "paint", in: desk.world.pool)
        try await Turns.queue(600, of: "echo", in: desk.world.pool)
        try await desk.world.addNodes(1, slots: 400)
        try await desk.world.pool.query("UPDATE scheduler_nodes SET cores = 1000000")
        try await desk.loop.turn()
        let placed = try await desk.world.count("SELECT count(*) FROM jobs WHERE state = 'dispatched'")
        #expect(placed == 400, "all that there is room for")
        let rows = try await desk.world.count("SELECT slots_used FROM scheduler_nodes")
        #expect(rows == 400)
      }
    }

    /// Creators with few and with many jobs, of several modules and priorities; places become free one by one.
    @Test func nobodyStarves() async throws {
      let seed = UInt64.random(in: 1...1_000_000)
      print("turns seed \(seed)")
      try await Desk.with(nodes: 1, slots: 2) { desk in
        var dice = SeededRandom(seed: seed)
        let creators = (0..<6).map { "c\($0)" }
        try await desk.world.credit(creators, 100)
        try await desk.world.addModule("paint")
        try await desk.service.refresh()
        var waits: [JobID: Int] = [:]
        for turn in 0..<120 {
          // The first two never stop; the others come now and then.
          for (index, creator) in creators.enumerated() where index < 2 || dice.int(20) == 0 {
            let job = try await desk.order(creator) {
              $0.module = dice.int(2) == 0 ? "echo" : "paint"
              // Among one creator's jobs a greater priority may pass a lesser one for ever: that is asked for.
              $0.priority = index < 2 ? Int(dice.int(10)) : 5
            }
            if index >= 2 { waits[job.id] = turn }
          }
          let running = try await desk.world.pool.query(
            "SELECT id FROM jobs WHERE state = 'dispatched' ORDER BY id")
          let free = try #require(JobID(try running[Int(dice.int(UInt64(running.count)))].text(0)))
          try await desk.succeed(free)
          try await desk.loop.turn()
          for (job, since) in waits where try await desk.service.job(job).state != .pending {
            // Of six creators each has a turn before anybody has the next; of one's own jobs some may go before.
            #expect(turn - since <= 40, "job \(job), seed \(seed)")
            waits[job] = nil
          }
          for (job, since) in waits { #expect(turn - since <= 40, "job \(job) waits, seed \(seed)") }
        }
      }
    }

    /// One job of each creator, as if it had been ordered.
    private static func queue(_ count: Int, of module: String, in pool: PostgresPool) async throws {
      try await pool.query(
        """
        INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro, hold, held_micro,
          priority, state, submitted_at, deadline_at)
        SELECT substr($1, 1, 1) || lpad(id::text, 15, '0'), id, '', $1, $2, 'dev', 'null', 1, 100000, 0, 100000, 5, 'pending',
          now(), now() + interval '1 hour' FROM accounts WHERE name ~ '^c[0-9]+$' ORDER BY id LIMIT $3
        """, [.text(module), .text(SchedulingWorld.image), .int(Int64(count))])
      try await pool.query(
        """
        INSERT INTO pending_jobs SELECT id, account, module, priority, submitted_at, deadline_at FROM jobs WHERE module = $1
        """, [.text(module)])
    }
  }
}
