import JobModel
import JobStore
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

extension JobTests {
  @Suite struct SubmitTests {
    @Test("The price of a job is shared between the developer and the platform")
    func payment() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        #expect(job.state == .dispatched)
        let held = try await fixture.account("ada")
        #expect(held.held == Credits(micro: 100_000))
        try await fixture.succeed(job.id)
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.state == .succeeded && done.cost == Credits(micro: 100_000))
        #expect(done.output == .string("done"))
        let (ada, developer, platform) = (
          try await fixture.account("ada"), try await fixture.account("dev"),
          try await fixture.account("platform")
        )
        #expect(ada.balance == Credits(micro: 999_900_000) && ada.held.micro == 0)
        // No time was metered, so the node gets nothing and the developer 85 %.
        #expect(developer.balance == Credits(micro: 85_000))
        #expect(platform.balance == Credits(micro: 15_000))
        let used = try await fixture.used()
        #expect(used.nodes == 0 && used.attempts == 0)
      }
    }

    @Test("An account cannot order more than it can pay")
    func insufficientCredit() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.credit(["poor"], 1)
        var accepted = 0
        for _ in 0..<12 {
          if await fixture.refusal("poor") == nil { accepted += 1 }
        }
        #expect(accepted == 10, "a credit pays for ten jobs at 0.1")
        let refusal = await fixture.refusal("poor")
        #expect(refusal?.code == .insufficientCredit)
        let jobs = try await fixture.service.jobs(JobQuery(creator: "poor"))
        #expect(jobs.count == 10, "a refused order stores no job")
      }
    }

    @Test("Orders with the same key are one job")
    func sameKey() async throws {
      try await JobStoreFixture.with { fixture in
        let first = try await fixture.order { $0.key = "film-7" }
        let second = try await fixture.order { $0.key = "film-7" }
        #expect(first.id == second.id)
        let held = try await fixture.account("ada").held
        #expect(held == Credits(micro: 100_000), "credits are held once")
        let other = await fixture.refusal {
          $0.key = "film-7"
          $0.units = 2
        }
        #expect(other?.code == .keyReused)
        let bobs = try await fixture.order("bob") { $0.key = "film-7" }
        #expect(bobs.id != first.id, "a key belongs to its creator")
      }
    }

    @Test("Concurrent orders with the same key are one job")
    func concurrentOrdersWithSameKey() async throws {
      try await JobStoreFixture.with(slots: 50) { fixture in
        let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
          for _ in 0..<40 { group.addTask { try await fixture.order { $0.key = "at once" }.id } }
          return try await group.reduce(into: Set<JobID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        let held = try await fixture.account("ada").held
        #expect(held == Credits(micro: 100_000))
      }
    }

    @Test("The key of an order that was refused for credits can be used again")
    func keyAfterRefusal() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.ledger.open(["late"], as: .creator)
        let before = await fixture.refusal("late") { $0.key = "k" }
        #expect(before?.code == .insufficientCredit)
        try await fixture.world.credit(["late"], 5)
        let job = try await fixture.order("late") { $0.key = "k" }
        #expect(job.state == .dispatched)
      }
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      let code: JobErrorCode
      let field: String?
      let change: @Sendable (inout JobOrder) -> Void
      var testDescription: String { reason }
    }

    static let cases: [Case] = [
      Case(reason: "no such module", code: .unknownModule, field: "module") { $0.module = "ecko" },
      Case(reason: "no units", code: .invalid, field: "units") { $0.units = 0 },
      Case(reason: "too many units", code: .invalid, field: "units") { $0.units = 1_000_001 },
      Case(reason: "priority out of bounds", code: .invalid, field: "priority") { $0.priority = 10 },
      Case(reason: "a budget of 0", code: .invalid, field: "budget") { $0.budget = Credits(micro: 0) },
      Case(reason: "a budget below one unit", code: .invalid, field: "budget") {
        $0.budget = Credits(micro: 99_999)
      },
      Case(reason: "too short a time", code: .invalid, field: "within") {
        $0.within = TimeSpan(milliseconds: 10)
      },
      Case(reason: "a key with a line feed", code: .invalid, field: "key") { $0.key = "a\nb" },
      Case(reason: "no such account", code: .unknownAccount, field: "creator") {
        $0.creator = "missing"
      },
      Case(reason: "an input of half a megabyte", code: .invalid, field: "input") {
        $0.input = .string(String(repeating: "x", count: 512 << 10))
      },
    ]

    @Test("An invalid order is refused and stores nothing")
    func invalidOrders() async throws {
      try await JobStoreFixture.with { fixture in
        for entry in SubmitTests.cases {
          let refusal = await fixture.refusal("ada", entry.change)
          #expect(refusal?.code == entry.code, "\(entry.reason)")
          #expect(refusal?.field == entry.field, "\(entry.reason)")
        }
        let jobs = try await fixture.world.count("SELECT count(*) FROM jobs")
        let held = try await fixture.account("ada").held
        #expect(jobs == 0 && held.micro == 0)
      }
    }

    @Test("A job without free capacity waits and gets the next free slot")
    func pendingJob() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        let first = try await fixture.order()
        let second = try await fixture.order()
        #expect(first.state == .dispatched && second.state == .pending)
        try await fixture.loop.turn()
        let waiting = try await fixture.service.job(second.id)
        #expect(waiting.state == .pending)
        try await fixture.succeed(first.id)
        try await fixture.loop.turn()
        let placed = try await fixture.service.job(second.id)
        #expect(placed.state == .dispatched)
        let rows = try await fixture.world.count("SELECT count(*) FROM pending_jobs")
        #expect(rows == 0)
      }
    }

    @Test("A process with a wrong clock finds the online nodes")
    func clockOffset() async throws {
      try await JobStoreFixture.with { fixture in
        for seconds in [-7200, 7200] as [Int64] {
          let other = JobStoreFixture(
            fixture.world, seed: UInt64(seconds.magnitude), clockOffset: TimeSpan(seconds: seconds))
          try await other.service.refresh()
          let job = try await other.order { $0.priority = seconds < 0 ? 1 : 2 }
          #expect(job.state == .dispatched, "\(seconds) s")
        }
      }
    }

    @Test("A new order does not overtake waiting jobs of another process")
    func noOvertakingAcrossProcesses() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        let first = try await fixture.order()
        let second = try await fixture.order()
        try await fixture.world.pool.query("UPDATE pending_jobs SET queued_at = now() - interval '5 seconds'")
        try await fixture.succeed(first.id)
        // A process that does not dispatch waiting jobs and reads that a slot is free.
        let other = JobStoreFixture(fixture.world, seed: 2)
        try await other.service.refresh()
        let third = try await other.order("bob")
        #expect(third.state == .pending)
        try await fixture.loop.turn()
        let (older, newer) = (
          try await fixture.service.job(second.id), try await fixture.service.job(third.id)
        )
        #expect(older.state == .dispatched && newer.state == .pending)
      }
    }

    @Test("A slot that another process claimed is not claimed again")
    func slotClaimedElsewhere() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        // A process whose fleet cache does not have the claims of this one.
        let other = JobStoreFixture(fixture.world, seed: 2)
        try await other.service.refresh()
        let mine = try await fixture.order()
        let theirs = try await other.order("bob")
        #expect(mine.state == .dispatched && theirs.state == .pending)
        let used = try await fixture.used()
        #expect(used.nodes == 1 && used.attempts == 1)
      }
    }
  }
}
