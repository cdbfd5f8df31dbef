import JobModel
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

@testable import JobStore

extension JobTests {
  @Suite struct JobEndTests {
    @Test("A job that fails goes to another node, and to the overflow pool after two")
    func twoFailuresEscalate() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.addNodes(1, from: 9, isOverflow: true)
        try await fixture.service.refresh()
        let job = try await fixture.order()
        let first = try await fixture.attempt(of: job.id).node
        try await fixture.fail(job.id)
        try await fixture.loop.turn()
        let second = try await fixture.attempt(of: job.id).node
        #expect(first != second && second != "n9")
        try await fixture.fail(job.id)
        try await fixture.loop.turn()
        let third = try await fixture.attempt(of: job.id)
        #expect(third.node == "n9" && third.id.number == 3, "two different nodes, then overflow (seeds 3.1)")
        try await fixture.succeed(job.id)
        let done = try await fixture.service.job(job.id)
        #expect(done.state == .succeeded && done.isOverflow)
        #expect(done.attempts.map(\.state) == [.failed, .failed, .succeeded])
      }
    }

    @Test("Without overflow nodes a job fails on its second node")
    func twoFailuresWithoutOverflow() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        try await fixture.fail(job.id, "no memory")
        try await fixture.loop.turn()
        try await fixture.fail(job.id, "no memory")
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.state == .failed)
        #expect(done.reason == "failed on 2 different nodes: no memory; there is no overflow node")
        let ada = try await fixture.account("ada")
        #expect(
          ada.balance == Credits(micro: 1_000_000_000) && ada.held.micro == 0, "a failed job is not paid")
      }
    }

    @Test("A job that failed on the only node does not wait for another one")
    func failureOnTheOnlyNode() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let job = try await fixture.order()
        try await fixture.fail(job.id)
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(
          done.state == .failed
            && done.reason?.hasPrefix("it failed, and no other node could take it") == true)
        try await fixture.loop.turn()
        let held = try await fixture.account("ada").held
        #expect(held.micro == 0)
      }
    }

    @Test("A final failure is not retried")
    func finalFailure() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        try await fixture.fail(job.id, "the input is no storyboard", isFinal: true)
        let done = try await fixture.service.job(job.id)
        #expect(
          done.state == .failed && done.reason == "the input is no storyboard" && done.attempts.count == 1)
      }
    }

    @Test("After its lease expired a job goes to another node, and the late result does not count")
    func expiredLease() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        let (attempt, node) = try await fixture.attempt(of: job.id)
        try await fixture.report(job.id, .accept)
        try await fixture.endLease(of: job.id)
        try await fixture.loop.turn()
        let again = try await fixture.attempt(of: job.id)
        #expect(again.id.number == 2 && again.node != node)
        let late = WorkReport(
          attempt, .succeed(units: 1, WorkUsage(), output: .string("late"), artefacts: []))
        await #expect(throws: JobError.self) { try await fixture.service.report(late, from: node) }
        try await fixture.succeed(job.id)
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.attempts.map(\.state) == [.lost, .succeeded] && done.output == .string("done"))
        let captures = try await fixture.world.count(
          "SELECT count(*) FROM usage_events WHERE price_micro > 0")
        #expect(captures == 1)
      }
    }

    @Test("A repeated result has no effect")
    func repeatedResult() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        try await fixture.succeed(job.id)
        try await fixture.report(
          job.id, .succeed(units: 1, WorkUsage(), output: .string("again"), artefacts: []))
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.output == .string("done"))
        let ada = try await fixture.account("ada").balance
        #expect(ada == Credits(micro: 999_900_000))
        await #expect(throws: JobError.self) { try await fixture.fail(job.id) }
      }
    }

    @Test("Only the node of an attempt may report about it")
    func reportFromAnotherNode() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        let (attempt, node) = try await fixture.attempt(of: job.id)
        let other = node == "n1" ? "n2" : "n1"
        let report = WorkReport(attempt, .succeed(units: 1, WorkUsage(), output: nil, artefacts: []))
        await #expect(throws: JobError.self) { try await fixture.service.report(report, from: other) }
        let state = try await fixture.service.job(job.id).state
        #expect(state == .dispatched)
      }
    }

    @Test("A node that left the manifests finishes its attempts")
    func retiredNode() async throws {
      try await JobStoreFixture.with(nodes: 1) { fixture in
        let (job, other) = (try await fixture.order(), try await fixture.order())
        try await fixture.report(job.id, .accept)
        try await fixture.world.pool.query("UPDATE scheduler_nodes SET retired_at = now() WHERE name = 'n1'")
        try await fixture.service.refresh()
        _ = try await fixture.service.heartbeat(WorkerHeartbeat(node: "n1", images: [SchedulingWorld.image]))
        let orders = try await fixture.service.work(for: "n1", limit: 8, timeout: .zero)
        #expect(orders.map(\.attempt.job) == [other.id])
        try await fixture.succeed(job.id)
        try await fixture.succeed(other.id)
        let states = [
          try await fixture.service.job(job.id).state, try await fixture.service.job(other.id).state,
        ]
        #expect(states == [.succeeded, .succeeded])
        await #expect(throws: JobError.self, "the node is unknown after its last attempt") {
          try await fixture.service.work(for: "n1", limit: 8, timeout: .zero)
        }
        let next = try await fixture.order()
        #expect(next.state == .pending)
      }
    }

    @Test("Cancelling a waiting job frees its credits")
    func cancelPending() async throws {
      try await JobStoreFixture.with(nodes: 0) { fixture in
        let job = try await fixture.order()
        let cancelled = try await fixture.service.cancel(job.id, of: "ada", by: "ada")
        #expect(cancelled.state == .cancelled)
        let again = try await fixture.service.cancel(job.id, of: "ada", by: "ada")
        #expect(again.state == .cancelled, "cancelling again is no error")
        let held = try await fixture.account("ada").held
        let rows = try await fixture.world.count("SELECT count(*) FROM pending_jobs")
        #expect(held.micro == 0 && rows == 0)
        await #expect(throws: JobError.self) {
          try await fixture.service.cancel(job.id, of: "bob", by: "bob")
        }
      }
    }

    @Test("A job whose attempt was not accepted is cancelled at once")
    func cancelDispatched() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order()
        let cancelled = try await fixture.service.cancel(job.id, of: nil, by: "operator")
        #expect(cancelled.state == .cancelled && cancelled.attempts.map(\.state) == [.cancelled])
        try await fixture.loop.turn()
        let (ada, used) = (try await fixture.account("ada"), try await fixture.used())
        #expect(ada.held.micro == 0 && used.nodes == 0)
      }
    }

    @Test("A running job that is cancelled stops and is paid for finished units")
    func cancelRunning() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order { $0.units = 10 }
        try await fixture.report(job.id, .accept)
        let before = try await fixture.report(job.id, .progress(units: 3, WorkUsage(), note: "frame 3"))
        #expect(!before.stops)
        let requested = try await fixture.service.cancel(job.id, of: "ada", by: "ada")
        #expect(requested.state == .running)
        let after = try await fixture.report(job.id, .progress(units: 4, WorkUsage(), note: nil))
        #expect(after.stops)
        try await fixture.report(job.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.state == .cancelled && done.cost == Credits(micro: 400_000))
        let ada = try await fixture.account("ada")
        #expect(ada.balance == Credits(micro: 999_600_000) && ada.held.micro == 0)
      }
    }

    @Test("A job stops before it exceeds its budget")
    func budget() async throws {
      try await JobStoreFixture.with { fixture in
        let job = try await fixture.order {
          $0.units = 10
          $0.budget = Credits(micro: 350_000)
        }
        #expect(job.held == Credits(micro: 350_000))
        try await fixture.report(job.id, .accept)
        let two = try await fixture.report(job.id, .progress(units: 2, WorkUsage(), note: nil))
        let three = try await fixture.report(job.id, .progress(units: 3, WorkUsage(), note: nil))
        #expect(!two.stops && three.stops, "a fourth unit would cost 0.4 in all")
        try await fixture.report(job.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await fixture.loop.turn()
        let done = try await fixture.service.job(job.id)
        #expect(done.state == .failed && done.cost == Credits(micro: 300_000))
        #expect(done.reason == "its 0.35 credits do not pay for more")
      }
    }

    @Test("A job that is paid by time stops when its credits are used up")
    func paidTime() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.addModule("chat", credits: nil)
        try await fixture.service.refresh()
        let job = try await fixture.order {
          $0.module = "chat"
          $0.budget = Credits(micro: 1_000_000)
        }
        try await fixture.report(job.id, .accept)
        let time = try await fixture.world.count(
          "SELECT (extract(epoch FROM stop_at - dispatched_at) * 1000)::bigint FROM job_attempts")
        #expect(time == 600_000, "a credit pays for ten CPU minutes at 0.1")
        try await fixture.world.pool.query(
          "UPDATE job_attempts SET started_at = now() - interval '20 minutes', stop_at = now()")
        let reply = try await fixture.report(
          job.id, .progress(units: 0, WorkUsage(cpu: 1_200_000), note: nil))
        #expect(reply.stops)
        try await fixture.report(job.id, .fail(reason: "stopped", WorkUsage(cpu: 1_200_000), isFinal: false))
        let done = try await fixture.service.job(job.id)
        #expect(
          done.state == .failed && done.cost == Credits(micro: 1_000_000), "the cost never exceeds the hold")
      }
    }

    @Test("A deadline ends a waiting job and a running one")
    func deadlines() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        let running = try await fixture.order()
        let waiting = try await fixture.order()
        try await fixture.report(running.id, .accept)
        try await fixture.world.pool.query("UPDATE jobs SET deadline_at = now()")
        try await fixture.world.pool.query("UPDATE pending_jobs SET deadline_at = now()")
        try await fixture.world.pool.query("UPDATE job_attempts SET stop_at = now()")
        let reply = try await fixture.report(running.id, .progress(units: 0, WorkUsage(), note: nil))
        #expect(reply.stops)
        try await fixture.report(running.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await fixture.loop.turn()
        let (one, two) = (
          try await fixture.service.job(running.id), try await fixture.service.job(waiting.id)
        )
        #expect(one.state == .failed && one.reason == "its deadline passed")
        #expect(two.state == .failed && two.reason == "its deadline passed while it waited")
        try await fixture.loop.turn()
        let held = try await fixture.account("ada").held
        #expect(held.micro == 0)
      }
    }

    @Test("A waiting job whose module was removed ends at once, and its hold is released")
    func removedModule() async throws {
      try await JobStoreFixture.with(nodes: 1, slots: 1) { fixture in
        try await fixture.world.addModule("other")
        try await fixture.service.refresh()
        let running = try await fixture.order()
        let waiting = try await fixture.order()
        let kept = try await fixture.order("bob") { $0.module = "other" }
        try await fixture.report(running.id, .accept)
        try await fixture.world.pool.pipeline(Declarations.retire(nodes: [], modules: ["echo"]))
        try await fixture.loop.turn()
        let ended = try await fixture.service.job(waiting.id)
        #expect(ended.state == .failed && ended.reason == "module echo was removed")
        let held = try await fixture.account("ada").held
        #expect(held == running.held, "only the running job holds credits")
        let others = [
          try await fixture.service.job(running.id).state, try await fixture.service.job(kept.id).state,
        ]
        #expect(others == [.running, .pending], "a running attempt ends by itself")
        try await fixture.fail(running.id)
        try await fixture.loop.turn()
        let last = try await fixture.service.job(running.id)
        #expect(last.state == .failed && last.reason == "module echo was removed")
        let freed = try await fixture.account("ada").held
        #expect(freed.micro == 0)
      }
    }

    @Test("A module that is declared again keeps its waiting jobs")
    func restoredModule() async throws {
      try await JobStoreFixture.with(nodes: 0) { fixture in
        let job = try await fixture.order()
        try await fixture.world.pool.pipeline(Declarations.retire(nodes: [], modules: ["echo"]))
        let repository = fixture.service.repository
        let found = try await repository.pendingWithoutModule(limit: 8)
        #expect(found == ["echo": [job.id]])
        try await fixture.world.pool.query("UPDATE scheduler_modules SET retired_at = NULL")
        try await repository.endPending([job.id], .moduleRemoved("echo"))
        let state = try await fixture.service.job(job.id).state
        #expect(state == .pending)
      }
    }

    @Test("Reported usage is limited to the elapsed time")
    func usageLimit() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.addModule("chat", credits: nil)
        try await fixture.service.refresh()
        let job = try await fixture.order { $0.module = "chat" }
        try await fixture.report(job.id, .accept)
        try await fixture.report(
          job.id, .succeed(units: 1, WorkUsage(gpu: 10_000_000, cpu: 10_000_000), output: nil, artefacts: []))
        let attempt = try #require(try await fixture.service.job(job.id).attempts.first)
        #expect(attempt.usage.gpu == 0, "it has no GPU")
        #expect(attempt.usage.cpu < 60_000)
      }
    }
  }
}
