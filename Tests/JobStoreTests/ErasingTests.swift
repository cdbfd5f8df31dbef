import JobModel
import JobStore
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

extension JobTests {
  @Suite struct Erasing {
    private static let name = "wanda-roe"

    @Test func nothingOfAPersonStaysInJobs() async throws {
      try await Desk.with { desk in
        let name = Erasing.name
        try await desk.world.credit([name], 10)
        try await desk.world.pool.query("UPDATE scheduler_modules SET developer = $1", [.text(name)])
        try await desk.service.refresh()
        let done = try await desk.order(name) {
          $0.input = .string("a letter of \(name)")
          $0.key = "letter"
        }
        try await desk.report(done.id, .progress(units: 0, WorkUsage(), note: "reads \(name)"))
        let artefact = Artefact(name: "\(name).png", reference: "out/\(name).png")
        try await desk.report(
          done.id, .succeed(units: 1, WorkUsage(), output: .string(name), artefacts: [artefact]))
        let failed = try await desk.order(name)
        try await desk.fail(failed.id, "\(name) cannot be read", isFinal: true)
        let cancelled = try await desk.order(name)
        _ = try await desk.service.cancel(cancelled.id, of: name, by: name)
        let bobs = try await desk.order("bob") { $0.input = .string("bob's own") }
        _ = try await desk.service.cancel(bobs.id, of: nil, by: name)
        try await desk.loop.turn()
        try await desk.world.pool.query("UPDATE scheduler_modules SET retired_at = now()")
        let version = try await desk.service.job(done.id).version

        let erasure = try await LedgerErasure.erase(
          name, by: "operator", in: desk.world.pool, alsoErasing: [SchedulingErasure.hook])
        for table in ["jobs", "pending_jobs", "job_attempts", "scheduler_nodes", "scheduler_modules"] {
          let left = try await desk.world.count(
            "SELECT count(*) FROM \(table) t WHERE t::text LIKE '%\(name)%'")
          #expect(left == 0, "\(table)")
        }
        let after = try await desk.service.job(done.id)
        #expect(after.creator == erasure.name && after.state == .succeeded && after.version > version)
        #expect(after.cost == Credits(micro: 100_000), "amounts stay")
        let other = try await desk.service.job(bobs.id)
        #expect(other.input == .string("bob's own") && other.reason == "cancelled by \(erasure.name)")
      }
    }

    @Test func whoGetsTheNameLaterSeesNoJobOfItsFormerOwner() async throws {
      try await Desk.with { desk in
        try await desk.world.credit([Erasing.name], 10)
        let first = try await desk.order(Erasing.name) { $0.key = "k" }
        try await desk.succeed(first.id)
        try await desk.loop.turn()
        _ = try await LedgerErasure.erase(
          Erasing.name, by: "operator", in: desk.world.pool, alsoErasing: [SchedulingErasure.hook])
        try await desk.world.ledger.open([Erasing.name], as: .creator)
        let refusal = await desk.refusal(Erasing.name) {
          $0.key = "k"
          $0.input = .object(["text": .string("hi")])
        }
        #expect(refusal?.code == .keyReused)
      }
    }
  }
}
