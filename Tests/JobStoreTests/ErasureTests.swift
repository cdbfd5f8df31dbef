import JobModel
import JobStore
import Ledger
import Model
import Postgres
import SchedulingSupport
import Testing

extension JobTests {
  @Suite struct ErasureTests {
    private static let name = "wanda-roe"

    @Test("Erasing an account removes the person from every table of jobs")
    func erasure() async throws {
      try await JobStoreFixture.with { fixture in
        let name = ErasureTests.name
        try await fixture.world.credit([name], 10)
        try await fixture.world.pool.query("UPDATE scheduler_modules SET developer = $1", [.text(name)])
        try await fixture.service.refresh()
        let done = try await fixture.order(name) {
          $0.input = .string("a message of \(name)")
          $0.key = "message"
        }
        try await fixture.report(done.id, .progress(units: 0, WorkUsage(), note: "reads \(name)"))
        let artefact = Artefact(name: "\(name).png", reference: "out/\(name).png")
        try await fixture.report(
          done.id, .succeed(units: 1, WorkUsage(), output: .string(name), artefacts: [artefact]))
        let failed = try await fixture.order(name)
        try await fixture.fail(failed.id, "\(name) cannot be read", isFinal: true)
        let cancelled = try await fixture.order(name)
        _ = try await fixture.service.cancel(cancelled.id, of: name, by: name)
        let bobs = try await fixture.order("bob") { $0.input = .string("bob's own") }
        _ = try await fixture.service.cancel(bobs.id, of: nil, by: name)
        try await fixture.loop.turn()
        try await fixture.world.pool.query("UPDATE scheduler_modules SET retired_at = now()")
        let version = try await fixture.service.job(done.id).version

        let erasure = try await LedgerErasure.erase(
          name, by: "operator", in: fixture.world.pool, alsoErasing: [SchedulingErasure.hook])
        for table in ["jobs", "pending_jobs", "job_attempts", "scheduler_nodes", "scheduler_modules"] {
          let left = try await fixture.world.count(
            "SELECT count(*) FROM \(table) t WHERE t::text LIKE '%\(name)%'")
          #expect(left == 0, "\(table)")
        }
        let after = try await fixture.service.job(done.id)
        #expect(after.creator == erasure.name && after.state == .succeeded && after.version > version)
        #expect(after.cost == Credits(micro: 100_000), "amounts stay")
        let other = try await fixture.service.job(bobs.id)
        #expect(other.input == .string("bob's own") && other.reason == "cancelled by \(erasure.name)")
      }
    }

    @Test("A new account with an erased name sees no job of the former account")
    func reusedName() async throws {
      try await JobStoreFixture.with { fixture in
        try await fixture.world.credit([ErasureTests.name], 10)
        let first = try await fixture.order(ErasureTests.name) { $0.key = "k" }
        try await fixture.succeed(first.id)
        try await fixture.loop.turn()
        _ = try await LedgerErasure.erase(
          ErasureTests.name, by: "operator", in: fixture.world.pool, alsoErasing: [SchedulingErasure.hook])
        try await fixture.world.ledger.open([ErasureTests.name], as: .creator)
        let refusal = await fixture.refusal(ErasureTests.name) {
          $0.key = "k"
          $0.input = .object(["text": .string("hi")])
        }
        #expect(refusal?.code == .keyReused)
      }
    }
  }
}
