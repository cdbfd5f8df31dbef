import JobModel
import Ledger
import Model
import Placement
import Postgres
import SchedulingSupport
import Testing

@testable import JobStore

extension JobTests {
  /// Drains, and attempts that the platform ends.
  @Suite struct DrainTests {
    private static func scope(_ node: String, _ module: String = "echo") throws -> DrainScope {
      DrainScope(
        module: ResourceID(kind: "Module", name: module), node: ResourceID(kind: "Node", name: node),
        image: try #require(Digest(hex: SchedulingWorld.image)))
    }

    private static let limit = TimeSpan(seconds: 600)
    private static let echo = ResourceID(kind: "Module", name: "echo")

    @Test("A drained node gets no job of the module, and gets other jobs")
    func noNewAttempts() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        try await fixture.world.addModule("other")
        _ = try await fixture.service.drain(Self.scope("n1"), within: Self.limit, because: "it is replaced")
        // This process has not read the drain yet: the transactions check it under the locks.
        let stale = try await fixture.order()
        #expect(stale.state == .pending)
        try await fixture.loop.turn()
        let job = try await fixture.order()
        #expect(job.state == .pending)
        let why = try await fixture.service.trace(of: job.id, of: nil)
        #expect(why.entries.last?.decision?.removed[.draining] == 1)
        let other = try await fixture.order { $0.module = "other" }
        #expect(other.state == .dispatched)
        let drains = try #require(try await fixture.service.drains(of: [Self.echo]))
        let scope = try Self.scope("n1")
        #expect(drains[scope]?.reason == "it is replaced")
        try await fixture.service.release(Self.scope("n1"))
        try await fixture.loop.turn()
        let states = [
          try await fixture.service.job(stale.id).state, try await fixture.service.job(job.id).state,
        ]
        #expect(states.contains(.dispatched), "released: \(states)")
      }
    }

    @Test("New jobs run with the successor of a drained image, while its last jobs end")
    func successor() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let running = try await fixture.order()
        try await fixture.report(running.id, .accept)
        let image = String(repeating: "cd", count: 32)
        _ = try await fixture.service.heartbeat(
          WorkerHeartbeat(node: "n1", images: [SchedulingWorld.image, image]))
        let left = try await fixture.service.drain(
          Self.scope("n1"), successor: Digest(hex: image), within: Self.limit, because: "replaced")
        #expect(left.map(\.job) == [running.id.text])
        try await fixture.service.refresh()
        let next = try await fixture.order()
        #expect(next.state == .dispatched && next.image == image)
        try await fixture.succeed(running.id)
        let states = [
          try await fixture.service.job(running.id).state, try await fixture.service.job(next.id).state,
        ]
        #expect(states == [.succeeded, .dispatched])
      }
    }

    @Test("A job whose only node drains waits instead of failing")
    func drainIsNotUnschedulable() async throws {
      try await JobStoreFixture.with(nodes: 2) { fixture in
        let job = try await fixture.order()
        let first = try await fixture.attempt(of: job.id).node
        try await fixture.fail(job.id)
        let other = first == "n1" ? "n2" : "n1"
        _ = try await fixture.service.drain(Self.scope(other), within: Self.limit, because: "replaced")
        try await fixture.loop.turn()
        let state = try await fixture.service.job(job.id).state
        #expect(state == .pending)
      }
    }

    @Test("Draining re-queues attempts that no worker has accepted, and returns those that run")
    func dispatchedAttempts() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let (running, dispatched) = (try await fixture.order(), try await fixture.order())
        try await fixture.report(running.id, .accept)
        let late = try await fixture.attempt(of: dispatched.id)
        let left = try await fixture.service.drain(
          Self.scope("n1"), within: Self.limit, because: "the container is removed")
        #expect(left.map(\.job) == [running.id.text])
        let scope = try Self.scope("n1")
        #expect(left.map(\.scope) == [scope])
        let requeued = try await fixture.service.job(dispatched.id)
        #expect(requeued.state == .pending && requeued.attempts.map(\.state) == [.preempted])
        #expect(requeued.attempts.first?.reason == "the container is removed")
        let refused = await #expect(throws: JobError.self) {
          try await fixture.service.report(WorkReport(late.id, .accept), from: late.node)
        }
        #expect(refused?.code == .superseded, "a late accept does not start the work")
        let used = try await fixture.used()
        #expect(used.nodes == 1 && used.attempts == 1)
      }
    }

    @Test("Draining does not wait for attempts whose worker is gone")
    func expiredAttempts() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let job = try await fixture.order()
        try await fixture.report(job.id, .accept)
        try await fixture.endLease(of: job.id)
        let running = try await fixture.service.runningAttempts(of: [Self.echo])
        #expect(running.isEmpty)
        let left = try await fixture.service.drain(Self.scope("n1"), within: Self.limit, because: "replaced")
        #expect(left.isEmpty)
        let states = try await fixture.service.job(job.id).attempts.map(\.state)
        #expect(states == [.preempted])
      }
    }

    @Test("A preempted attempt is no failure of its node: the job keeps its hold and its place in the queue")
    func preempted() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        let first = try await fixture.order()
        let second = try await fixture.order()
        try await fixture.report(first.id, .accept)
        let attempt = try await fixture.attempt(of: first.id)
        _ = try await fixture.service.drain(Self.scope("n1"), within: Self.limit, because: "replaced")
        try await fixture.service.preempt(Self.scope("n1"), because: "replaced")
        let waiting = try await fixture.service.job(first.id)
        #expect(waiting.state == .pending && waiting.attempts.map(\.state) == [.preempted])
        let failed = try await fixture.world.count(
          "SELECT coalesce(sum(cardinality(failed_nodes)), 0) FROM jobs")
        #expect(failed == 0)
        let held = try await fixture.account("ada").held
        #expect(held.micro == first.held.micro + second.held.micro, "both jobs keep their holds")
        for event: WorkReport.Event in [
          .progress(units: 1, WorkUsage(), note: nil),
          .succeed(units: 1, WorkUsage(), output: nil, artefacts: []),
          .fail(reason: "the container exited", WorkUsage(), isFinal: false),
        ] {
          await #expect(throws: JobError.self, "a late report does not count") {
            try await fixture.service.report(WorkReport(attempt.id, event), from: attempt.node)
          }
        }
        let order = try await fixture.world.pool.query("SELECT job FROM pending_jobs ORDER BY queued_at")
        #expect(try order.map { try $0.text("job") } == [first.id.text, second.id.text])
        try await fixture.service.release(Self.scope("n1"))
        try await fixture.loop.turn()
        try await fixture.succeed(first.id)
        let done = try await fixture.service.job(first.id)
        #expect(done.attempts.map(\.state) == [.preempted, .succeeded])
      }
    }

    @Test("The platform pays for the work of a preempted attempt, and the creator pays once")
    func pay() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        try await fixture.world.credit(["platform"], 100)
        let job = try await fixture.order { $0.units = 10 }
        try await fixture.report(job.id, .accept)
        try await fixture.world.pool.query(
          "UPDATE job_attempts SET started_at = now() - interval '2 minutes'")
        try await fixture.report(job.id, .progress(units: 4, WorkUsage(cpu: 60_000), note: nil))
        _ = try await fixture.service.drain(Self.scope("n1"), within: Self.limit, because: "replaced")
        try await fixture.service.preempt(Self.scope("n1"), because: "replaced")
        try await fixture.service.release(Self.scope("n1"))
        try await fixture.loop.turn()
        let (owner, developer) = (try await fixture.account("n1"), try await fixture.account("dev"))
        #expect(owner.balance == Credits(micro: 100_000), "a CPU minute")
        #expect(developer.balance == Credits(micro: 255_000), "85 % of 0.4 credits less the payout")
        let platform = try await fixture.account("platform").balance
        #expect(platform == Credits(micro: 100_000_000 - 355_000), "its own part does not move")
        try await fixture.loop.turn()
        let again = try await fixture.account("n1").balance
        #expect(again == owner.balance, "an attempt is paid once")

        try await fixture.succeed(job.id, units: 10)
        try await fixture.loop.turn()
        let ada = try await fixture.account("ada")
        #expect(ada.balance == Credits(micro: 999_000_000) && ada.held.micro == 0, "10 units, once")
      }
    }

    @Test("Work that the platform cannot pay is reported as unpaid, and the job continues")
    func unpaid() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let job = try await fixture.order { $0.units = 10 }
        try await fixture.report(job.id, .accept)
        try await fixture.report(job.id, .progress(units: 4, WorkUsage(), note: nil))
        _ = try await fixture.service.drain(Self.scope("n1"), within: Self.limit, because: "replaced")
        try await fixture.service.preempt(Self.scope("n1"), because: "replaced")
        let payment = try await fixture.service.repository.payPreempted(limit: 8)
        #expect(payment.paid == 0 && payment.refused == ["\(job.id).1": .insufficientCredit])
        let outcomes = try await fixture.world.count(
          "SELECT count(*) FROM job_attempts WHERE pay_outcome = 'insufficient_credit'")
        #expect(outcomes == 1)
      }
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      let interruption: WorkReport.Interruption
      let change: String?
      let state: AttemptState
      var testDescription: String { reason }
    }

    static let cases = [
      Case(
        reason: "a worker that stops", interruption: .byPlatform, change: nil, state: .preempted),
      Case(
        reason: "a container that crashed", interruption: .lostContainer, change: nil, state: .failed),
      Case(
        reason: "a container of a node that left", interruption: .lostContainer,
        change: "UPDATE scheduler_nodes SET retired_at = now()", state: .preempted),
      Case(
        reason: "a container of a module that left", interruption: .lostContainer,
        change: "UPDATE scheduler_modules SET retired_at = now()", state: .preempted),
      Case(
        reason: "a container that drains", interruption: .lostContainer,
        change: """
          INSERT INTO scheduler_drains SELECT 'echo', name, repeat('ab', 32), 'replaced', now()
          FROM scheduler_nodes
          """, state: .preempted),
      Case(
        reason: "another container drains", interruption: .lostContainer,
        change: """
          INSERT INTO scheduler_drains SELECT 'echo', name, repeat('cd', 32), 'replaced', now()
          FROM scheduler_nodes
          """, state: .failed),
    ]

    @Test("An interrupted attempt is preempted where the platform is responsible", arguments: cases)
    func interrupted(_ entry: Case) async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        try await fixture.report(job.id, .accept)
        if let change = entry.change { try await fixture.world.pool.query(change) }
        try await fixture.report(
          job.id, .interrupt(entry.interruption, reason: "the container is gone", WorkUsage()))
        let states = try await fixture.service.job(job.id).attempts.map(\.state)
        #expect(states == [entry.state])
        let failed = try await fixture.world.count("SELECT cardinality(failed_nodes) FROM jobs")
        #expect(failed == (entry.state == .failed ? 1 : 0))
      }
    }

    @Test("A node that is declared again gets no job before its worker reports what is there")
    func restoredNode() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        try await fixture.world.pool.pipeline(Declarations.retire(nodes: ["n1"], modules: []))
        try await fixture.world.pool.query("UPDATE scheduler_nodes SET retired_at = NULL")
        try await fixture.service.refresh()
        let job = try await fixture.order()
        #expect(job.state == .pending)
        _ = try await fixture.service.heartbeat(
          WorkerHeartbeat(node: "n1", images: [SchedulingWorld.image]))
        try await fixture.loop.turn()
        let state = try await fixture.service.job(job.id).state
        #expect(state == .dispatched)
      }
    }

    @Test("An attempt of a node that left whose lease expires is preempted")
    func lostOnRetiredNode() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        try await fixture.world.pool.query(
          "UPDATE scheduler_nodes SET retired_at = now() WHERE id = (SELECT node FROM job_attempts)")
        try await fixture.endLease(of: job.id)
        try await fixture.loop.turn()
        let attempts = try await fixture.service.job(job.id).attempts
        #expect(attempts.map(\.state) == [.preempted, .dispatched])
      }
    }

    @Test("A database without the tables of drains schedules as before and reports that it cannot drain")
    func olderSchema() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        try await fixture.world.pool.script(
          """
          DROP TABLE scheduler_drains;
          ALTER TABLE job_attempts DROP COLUMN pay_micro, DROP COLUMN pay_outcome;
          """)
        try await fixture.loop.turn()
        #expect(!fixture.service.canDrain)
        let job = try await fixture.order()
        try await fixture.report(job.id, .accept)
        try await fixture.report(
          job.id, .interrupt(.byPlatform, reason: "the runner was stopped", WorkUsage()))
        let states = try await fixture.service.job(job.id).attempts.map(\.state)
        #expect(states == [.failed])
        try await fixture.loop.turn()
      }
    }

    @Test("Stored decisions of version 0.4.0 are read")
    func olderDecisions() throws {
      let decision = PlacementDecision(nodes: 3, removed: [.busy: 2], passed: 1, front: [], frontCount: 1)
      let (record, unit) = (Character("\u{1E}"), Character("\u{1F}"))
      let parts = decision.packed.split(separator: record, omittingEmptySubsequences: false)
      let head = parts[0].split(separator: unit, omittingEmptySubsequences: false)
      let older = head.dropLast(2).joined(separator: String(unit)) + String(unit) + String(record)
      #expect(PlacementDecision(packed: older) == decision)
    }
  }
}
