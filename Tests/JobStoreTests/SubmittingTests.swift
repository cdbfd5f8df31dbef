import JobModel
import JobStore
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

extension JobTests {
  @Suite struct Submitting {
    @Test func aJobIsPaidToAllWhoHadAPart() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        #expect(job.state == .dispatched)
        let held = try await desk.account("ada")
        #expect(held.held == Credits(micro: 100_000))
        try await desk.succeed(job.id)
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.state == .succeeded && done.cost == Credits(micro: 100_000))
        #expect(done.output == .string("done"))
        let (ada, developer, platform) = (
          try await desk.account("ada"), try await desk.account("dev"), try await desk.account("platform")
        )
        #expect(ada.balance == Credits(micro: 999_900_000) && ada.held.micro == 0)
        // No time was metered, so the node gets nothing and the developer 85 %.
        #expect(developer.balance == Credits(micro: 85_000))
        #expect(platform.balance == Credits(micro: 15_000))
        let used = try await desk.used()
        #expect(used.nodes == 0 && used.attempts == 0)
      }
    }

    @Test func nobodyOrdersMoreThanTheyCanPay() async throws {
      try await Desk.with { desk in
        try await desk.world.credit(["poor"], 0 + 1)
        var accepted = 0
        for _ in 0..<12 {
          if await desk.refusal("poor") == nil { accepted += 1 }
        }
        #expect(accepted == 10, "one credit pays for ten jobs of 0.1")
        let refusal = await desk.refusal("poor")
        #expect(refusal?.code == .insufficientCredit)
        let jobs = try await desk.service.jobs(JobQuery(creator: "poor"))
        #expect(jobs.count == 10, "what was refused leaves no job")
      }
    }

    @Test func theSameKeyIsTheSameJob() async throws {
      try await Desk.with { desk in
        let first = try await desk.order { $0.key = "film-7" }
        let second = try await desk.order { $0.key = "film-7" }
        #expect(first.id == second.id)
        let held = try await desk.account("ada").held
        #expect(held == Credits(micro: 100_000), "credits are held once")
        let other = await desk.refusal {
          $0.key = "film-7"
          $0.units = 2
        }
        #expect(other?.code == .keyReused)
        let bobs = try await desk.order("bob") { $0.key = "film-7" }
        #expect(bobs.id != first.id, "a key belongs to its creator")
      }
    }

    @Test func ordersOfOneKeyAtOnceAreOneJob() async throws {
      try await Desk.with(slots: 50) { desk in
        let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
          for _ in 0..<40 { group.addTask { try await desk.order { $0.key = "at once" }.id } }
          return try await group.reduce(into: Set<JobID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        let held = try await desk.account("ada").held
        #expect(held == Credits(micro: 100_000))
      }
    }

    @Test func aKeyThatWasTooExpensiveWorksOnceThereAreCredits() async throws {
      try await Desk.with { desk in
        try await desk.world.ledger.open(["late"], as: .creator)
        let before = await desk.refusal("late") { $0.key = "k" }
        #expect(before?.code == .insufficientCredit)
        try await desk.world.credit(["late"], 5)
        let job = try await desk.order("late") { $0.key = "k" }
        #expect(job.state == .dispatched)
      }
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      let code: JobError.Code
      let field: String?
      let change: @Sendable (inout JobOrder) -> Void
      var testDescription: String { reason }
    }

    static let cases: [Case] = [
      Case(reason: "no such module", code: .unknownModule, field: "module") { $0.module = "ecko" },
      Case(reason: "no units", code: .invalid, field: "units") { $0.units = 0 },
      Case(reason: "more units than anybody needs", code: .invalid, field: "units") { $0.units = 1_000_001 },
      Case(reason: "priority out of bounds", code: .invalid, field: "priority") { $0.priority = 10 },
      Case(reason: "a budget of nothing", code: .invalid, field: "budget") { $0.budget = Credits(micro: 0) },
      Case(reason: "a budget below one unit", code: .invalid, field: "budget") {
        $0.budget = Credits(micro: 99_999)
      },
      Case(reason: "no time at all", code: .invalid, field: "within") {
        $0.within = TimeSpan(milliseconds: 10)
      },
      Case(reason: "a key with a line feed", code: .invalid, field: "key") { $0.key = "a\nb" },
      Case(reason: "an account that is not there", code: .unknownAccount, field: "creator") {
        $0.creator = "nobody"
      },
      Case(reason: "an input of half a megabyte", code: .invalid, field: "input") {
        $0.input = .string(String(repeating: "x", count: 512 << 10))
      },
    ]

    @Test func badOrdersAreRefusedAndLeaveNothing() async throws {
      try await Desk.with { desk in
        for entry in Submitting.cases {
          let refusal = await desk.refusal("ada", entry.change)
          #expect(refusal?.code == entry.code, "\(entry.reason)")
          #expect(refusal?.field == entry.field, "\(entry.reason)")
        }
        let jobs = try await desk.world.count("SELECT count(*) FROM jobs")
        let held = try await desk.account("ada").held
        #expect(jobs == 0 && held.micro == 0)
      }
    }

    @Test func whatFindsNoPlaceWaitsAndGetsTheNext() async throws {
      try await Desk.with(nodes: 1, slots: 1) { desk in
        let first = try await desk.order()
        let second = try await desk.order()
        #expect(first.state == .dispatched && second.state == .pending)
        try await desk.loop.turn()
        let waiting = try await desk.service.job(second.id)
        #expect(waiting.state == .pending)
        try await desk.succeed(first.id)
        try await desk.loop.turn()
        let placed = try await desk.service.job(second.id)
        #expect(placed.state == .dispatched)
        let rows = try await desk.world.count("SELECT count(*) FROM pending_jobs")
        #expect(rows == 0)
      }
    }

    @Test func aProcessWhoseClockIsWrongStillFindsNodesOnline() async throws {
      try await Desk.with { desk in
        for seconds in [-7200, 7200] as [Int64] {
          let other = Desk(desk.world, seed: UInt64(seconds.magnitude), ahead: TimeSpan(seconds: seconds))
          try await other.service.refresh()
          let job = try await other.order { $0.priority = seconds < 0 ? 1 : 2 }
          #expect(job.state == .dispatched, "\(seconds) s")
        }
      }
    }

    @Test func nobodyOvertakesThoseWhoWaitAlsoFromAnotherProcess() async throws {
      try await Desk.with(nodes: 1, slots: 1) { desk in
        let first = try await desk.order()
        let second = try await desk.order()
        try await desk.world.pool.query("UPDATE pending_jobs SET queued_at = now() - interval '5 seconds'")
        try await desk.succeed(first.id)
        // A server that gives no places to what waits, and sees that there is room.
        let other = Desk(desk.world, seed: 2)
        try await other.service.refresh()
        let third = try await other.order("bob")
        #expect(third.state == .pending)
        try await desk.loop.turn()
        let (older, newer) = (try await desk.service.job(second.id), try await desk.service.job(third.id))
        #expect(older.state == .dispatched && newer.state == .pending)
      }
    }

    @Test func aPlaceThatSomebodyElseTookIsNotGivenTwice() async throws {
      try await Desk.with(nodes: 1, slots: 1) { desk in
        // Another process, which has not heard of what this one does.
        let other = Desk(desk.world, seed: 2)
        try await other.service.refresh()
        let mine = try await desk.order()
        let theirs = try await other.order("bob")
        #expect(mine.state == .dispatched && theirs.state == .pending)
        let used = try await desk.used()
        #expect(used.nodes == 1 && used.attempts == 1)
      }
    }
  }
}
