import JobModel
import JobStore
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

extension JobTests {
  @Suite struct Ending {
    @Test func aFailureGoesToAnotherNodeAndTwoEscalate() async throws {
      try await Desk.with { desk in
        try await desk.world.addNodes(1, from: 9, isOverflow: true)
        try await desk.service.refresh()
        let job = try await desk.order()
        let first = try await desk.attempt(of: job.id).node
        try await desk.fail(job.id)
        try await desk.loop.turn()
        let second = try await desk.attempt(of: job.id).node
        #expect(first != second && second != "n9")
        try await desk.fail(job.id)
        try await desk.loop.turn()
        let third = try await desk.attempt(of: job.id)
        #expect(third.node == "n9" && third.id.number == 3, "two different nodes, then overflow (seeds 3.1)")
        try await desk.succeed(job.id)
        let done = try await desk.service.job(job.id)
        #expect(done.state == .succeeded && done.isOverflow)
        #expect(done.attempts.map(\.state) == [.failed, .failed, .succeeded])
      }
    }

    @Test func withoutOverflowTwoFailuresAreTheEnd() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        try await desk.fail(job.id, "no memory")
        try await desk.loop.turn()
        try await desk.fail(job.id, "no memory")
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.state == .failed)
        #expect(done.reason == "failed on 2 different nodes: no memory; there is no overflow node")
        let ada = try await desk.account("ada")
        #expect(ada.balance == Credits(micro: 1_000_000_000) && ada.held.micro == 0, "nobody is paid")
      }
    }

    @Test func withOneNodeAloneItDoesNotWaitForEver() async throws {
      try await Desk.with(nodes: 1) { desk in
        let job = try await desk.order()
        try await desk.fail(job.id)
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(
          done.state == .failed
            && done.reason?.hasPrefix("it failed, and no other node could take it") == true)
        try await desk.loop.turn()
        let held = try await desk.account("ada").held
        #expect(held.micro == 0)
      }
    }

    @Test func aFinalFailureIsNotTriedAgain() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        try await desk.fail(job.id, "the input is no storyboard", isFinal: true)
        let done = try await desk.service.job(job.id)
        #expect(
          done.state == .failed && done.reason == "the input is no storyboard" && done.attempts.count == 1)
      }
    }

    @Test func anEndedLeaseGivesTheJobToAnotherAndTheLateResultToNobody() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        let (attempt, node) = try await desk.attempt(of: job.id)
        try await desk.report(job.id, .accept)
        try await desk.endLease(of: job.id)
        try await desk.loop.turn()
        let again = try await desk.attempt(of: job.id)
        #expect(again.id.number == 2 && again.node != node)
        let late = WorkReport(
          attempt, .succeed(units: 1, WorkUsage(), output: .string("late"), artefacts: []))
        await #expect(throws: JobError.self) { try await desk.service.report(late, from: node) }
        try await desk.succeed(job.id)
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.attempts.map(\.state) == [.lost, .succeeded] && done.output == .string("done"))
        let captures = try await desk.world.count("SELECT count(*) FROM usage_events WHERE price_micro > 0")
        #expect(captures == 1)
      }
    }

    @Test func answeringTwiceIsAnsweringOnce() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        try await desk.succeed(job.id)
        try await desk.report(
          job.id, .succeed(units: 1, WorkUsage(), output: .string("again"), artefacts: []))
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.output == .string("done"))
        let ada = try await desk.account("ada").balance
        #expect(ada == Credits(micro: 999_900_000))
        await #expect(throws: JobError.self) { try await desk.fail(job.id) }
      }
    }

    @Test func onlyTheNodeThatHasItMaySpeakOfAnAttempt() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        let (attempt, node) = try await desk.attempt(of: job.id)
        let other = node == "n1" ? "n2" : "n1"
        let report = WorkReport(attempt, .succeed(units: 1, WorkUsage(), output: nil, artefacts: []))
        await #expect(throws: JobError.self) { try await desk.service.report(report, from: other) }
        let state = try await desk.service.job(job.id).state
        #expect(state == .dispatched)
      }
    }

    @Test func aNodeThatLeavesFinishesWhatItHas() async throws {
      try await Desk.with(nodes: 1) { desk in
        let (job, other) = (try await desk.order(), try await desk.order())
        try await desk.report(job.id, .accept)
        try await desk.world.pool.query("UPDATE scheduler_nodes SET retired_at = now() WHERE name = 'n1'")
        try await desk.service.refresh()
        _ = try await desk.service.heartbeat(WorkerHeartbeat(node: "n1", images: [SchedulingWorld.image]))
        let orders = try await desk.service.work(for: "n1", limit: 8, timeout: .zero)
        #expect(orders.map(\.attempt.job) == [other.id])
        try await desk.succeed(job.id)
        try await desk.succeed(other.id)
        let states = [try await desk.service.job(job.id).state, try await desk.service.job(other.id).state]
        #expect(states == [.succeeded, .succeeded])
        await #expect(throws: JobError.self, "then it is gone") {
          try await desk.service.work(for: "n1", limit: 8, timeout: .zero)
        }
        let next = try await desk.order()
        #expect(next.state == .pending)
      }
    }

    @Test func cancellingWhatWaitsGivesCreditsBack() async throws {
      try await Desk.with(nodes: 0) { desk in
        let job = try await desk.order()
        let cancelled = try await desk.service.cancel(job.id, of: "ada", by: "ada")
        #expect(cancelled.state == .cancelled)
        let again = try await desk.service.cancel(job.id, of: "ada", by: "ada")
        #expect(again.state == .cancelled, "cancelling again is no error")
        let held = try await desk.account("ada").held
        let rows = try await desk.world.count("SELECT count(*) FROM pending_jobs")
        #expect(held.micro == 0 && rows == 0)
        await #expect(throws: JobError.self) { try await desk.service.cancel(job.id, of: "bob", by: "bob") }
      }
    }

    @Test func whatNobodyBeganIsCancelledAtOnce() async throws {
      try await Desk.with { desk in
        let job = try await desk.order()
        let cancelled = try await desk.service.cancel(job.id, of: nil, by: "operator")
        #expect(cancelled.state == .cancelled && cancelled.attempts.map(\.state) == [.cancelled])
        try await desk.loop.turn()
        let (ada, used) = (try await desk.account("ada"), try await desk.used())
        #expect(ada.held.micro == 0 && used.nodes == 0)
      }
    }

    @Test func whatRunsIsToldToStopAndPaidForWhatItDid() async throws {
      try await Desk.with { desk in
        let job = try await desk.order { $0.units = 10 }
        try await desk.report(job.id, .accept)
        let before = try await desk.report(job.id, .progress(units: 3, WorkUsage(), note: "frame 3"))
        #expect(!before.stops)
        let asked = try await desk.service.cancel(job.id, of: "ada", by: "ada")
        #expect(asked.state == .running)
        let after = try await desk.report(job.id, .progress(units: 4, WorkUsage(), note: nil))
        #expect(after.stops)
        try await desk.report(job.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.state == .cancelled && done.cost == Credits(micro: 400_000))
        let ada = try await desk.account("ada")
        #expect(ada.balance == Credits(micro: 999_600_000) && ada.held.micro == 0)
      }
    }

    @Test func aBudgetStopsBeforeItIsOverspent() async throws {
      try await Desk.with { desk in
        let job = try await desk.order {
          $0.units = 10
          $0.budget = Credits(micro: 350_000)
        }
        #expect(job.held == Credits(micro: 350_000))
        try await desk.report(job.id, .accept)
        let two = try await desk.report(job.id, .progress(units: 2, WorkUsage(), note: nil))
        let three = try await desk.report(job.id, .progress(units: 3, WorkUsage(), note: nil))
        #expect(!two.stops && three.stops, "a fourth would come to 0.4")
        try await desk.report(job.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await desk.loop.turn()
        let done = try await desk.service.job(job.id)
        #expect(done.state == .failed && done.cost == Credits(micro: 300_000))
        #expect(done.reason == "its 0.35 credits do not pay for more")
      }
    }

    @Test func workByTimeStopsWhenItsCreditsEnd() async throws {
      try await Desk.with { desk in
        try await desk.world.addModule("chat", credits: nil)
        try await desk.service.refresh()
        let job = try await desk.order {
          $0.module = "chat"
          $0.budget = Credits(micro: 1_000_000)
        }
        try await desk.report(job.id, .accept)
        let time = try await desk.world.count(
          "SELECT (extract(epoch FROM stop_at - dispatched_at) * 1000)::bigint FROM job_attempts")
        #expect(time == 600_000, "a credit pays for ten CPU-minutes of 0.1")
        try await desk.world.pool.query(
          "UPDATE job_attempts SET started_at = now() - interval '20 minutes', stop_at = now()")
        let reply = try await desk.report(
          job.id, .progress(units: 0, WorkUsage(cpu: 1_200_000), note: nil))
        #expect(reply.stops)
        try await desk.report(job.id, .fail(reason: "stopped", WorkUsage(cpu: 1_200_000), isFinal: false))
        let done = try await desk.service.job(job.id)
        #expect(done.state == .failed && done.cost == Credits(micro: 1_000_000), "never more than was held")
      }
    }

    @Test func deadlinesEndWhatWaitsAndWhatRuns() async throws {
      try await Desk.with(nodes: 1, slots: 1) { desk in
        let running = try await desk.order()
        let waiting = try await desk.order()
        try await desk.report(running.id, .accept)
        try await desk.world.pool.query("UPDATE jobs SET deadline_at = now()")
        try await desk.world.pool.query("UPDATE pending_jobs SET deadline_at = now()")
        try await desk.world.pool.query("UPDATE job_attempts SET stop_at = now()")
        let reply = try await desk.report(running.id, .progress(units: 0, WorkUsage(), note: nil))
        #expect(reply.stops)
        try await desk.report(running.id, .fail(reason: "stopped", WorkUsage(), isFinal: false))
        try await desk.loop.turn()
        let (one, two) = (
          try await desk.service.job(running.id), try await desk.service.job(waiting.id)
        )
        #expect(one.state == .failed && one.reason == "its deadline passed")
        #expect(two.state == .failed && two.reason == "its deadline passed while it waited")
        try await desk.loop.turn()
        let held = try await desk.account("ada").held
        #expect(held.micro == 0)
      }
    }

    @Test func nobodyBillsMoreTimeThanPassed() async throws {
      try await Desk.with { desk in
        try await desk.world.addModule("chat", credits: nil)
        try await desk.service.refresh()
        let job = try await desk.order { $0.module = "chat" }
        try await desk.report(job.id, .accept)
        try await desk.report(
          job.id, .succeed(units: 1, WorkUsage(gpu: 10_000_000, cpu: 10_000_000), output: nil, artefacts: []))
        let attempt = try #require(try await desk.service.job(job.id).attempts.first)
        #expect(attempt.usage.gpu == 0, "it has no GPU")
        #expect(attempt.usage.cpu < 60_000)
      }
    }
  }
}
