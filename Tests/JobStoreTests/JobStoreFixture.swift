import JobModel
import JobStore
import Ledger
import Model
import Postgres
import PostgresSupport
import RandomSupport
import SchedulingSupport
import Synchronization
import Testing

/// A scheduler on a database of its own. It only does what a test calls.
struct JobStoreFixture: Sendable {
  let world: SchedulingWorld
  let service: PostgresJobService
  let loop: SchedulerLoop

  /// The accounts `ada` and `bob` have 1,000 credits each, and a job of `echo` costs 0.1. Two nodes with two
  /// slots each are online.
  static func with(
    nodes: Int = 2, slots: Int = 2, _ body: (JobStoreFixture) async throws -> Void
  ) async throws {
    try await TestDatabase.with { pool in
      let world = try await SchedulingWorld(pool)
      try await world.credit(["ada", "bob"], 1000)
      try await world.addModule("echo")
      if nodes > 0 { try await world.addNodes(nodes, slots: slots) }
      let fixture = JobStoreFixture(world)
      try await fixture.service.refresh()
      try await body(fixture)
    }
  }

  /// - Parameter clockOffset: by how much its clock is ahead of the database's.
  init(_ world: SchedulingWorld, seed: UInt64 = 1, clockOffset: TimeSpan = TimeSpan(seconds: 0)) {
    self.world = world
    let generator = Mutex(SeededRandom(seed: seed))
    service = PostgresJobService(
      world.pool, now: { JobStoreFixture.time() + clockOffset }, random: { generator.withLock { $0.next() } })
    loop = SchedulerLoop(service)
  }

  /// The machine's time, measured by a monotonic clock.
  private static func time() -> Timestamp {
    let now = ContinuousClock.now
    return startTime + TimeSpan(milliseconds: Int64((now - startedAt) / .milliseconds(1)))
  }
  private static let startedAt = ContinuousClock.now
  private static let startTime = Timestamp(microseconds: realMicroseconds())

  func order(_ creator: String = "ada", _ change: (inout JobOrder) -> Void = { _ in }) async throws -> Job {
    var order = JobOrder(creator: creator, module: "echo", input: .object(["text": .string("hi")]))
    change(&order)
    return try await service.submit(order)
  }

  func refusal(_ creator: String = "ada", _ change: (inout JobOrder) -> Void = { _ in }) async -> JobError? {
    var order = JobOrder(creator: creator, module: "echo", input: .null)
    change(&order)
    do throws(JobError) {
      _ = try await service.submit(order)
      return nil
    } catch {
      return error
    }
  }

  /// The newest attempt, and its node.
  func attempt(of job: JobID) async throws -> (id: AttemptID, node: String) {
    let newest = try #require(try await service.job(job).attempts.last)
    return (AttemptID(job, newest.number), newest.node)
  }

  @discardableResult
  func report(_ job: JobID, _ event: WorkReport.Event) async throws -> WorkReply {
    let (attempt, node) = try await attempt(of: job)
    return try await service.report(WorkReport(attempt, event), from: node)
  }

  func succeed(_ job: JobID, units: Int64 = 1, usage: WorkUsage = WorkUsage()) async throws {
    try await report(job, .accept)
    try await report(job, .succeed(units: units, usage, output: .string("done"), artefacts: []))
  }

  func fail(_ job: JobID, _ reason: String = "broke", isFinal: Bool = false) async throws {
    try await report(job, .fail(reason: reason, WorkUsage(), isFinal: isFinal))
  }

  /// Makes the lease of the open attempt expire.
  func endLease(of job: JobID) async throws {
    try await world.pool.query(
      "UPDATE job_attempts SET lease_until = now() - interval '1 second' WHERE job = $1 AND ended_at IS NULL",
      [.text(job.text)])
  }

  func account(_ name: String) async throws -> LedgerStore.Account {
    try #require(try await world.ledger.account(name))
  }

  /// The used slots, by the rows of nodes and by those of attempts; both must be equal.
  func used() async throws -> (nodes: Int64, attempts: Int64) {
    (
      try await world.count("SELECT coalesce(sum(slots_used), 0) FROM scheduler_nodes"),
      try await world.count("SELECT count(*) FROM job_attempts WHERE ended_at IS NULL")
    )
  }
}
