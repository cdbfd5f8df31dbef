import JobModel
import JobStore
import KindTestSupport
import Ledger
import Model
import Postgres
import PostgresSupport
import RandomSupport
import SchedulingSupport
import Synchronization
import Testing

/// A scheduler on a database of its own, driven by hand: nothing happens but what a test calls.
struct Desk: Sendable {
  let world: SchedulingWorld
  let service: PostgresJobService
  let loop: SchedulerLoop

  /// Creators `ada` and `bob` have 1,000 credits each; `echo` costs 0.1 a job; two nodes are online with two slots each.
  static func with(
    nodes: Int = 2, slots: Int = 2, _ body: (Desk) async throws -> Void
  ) async throws {
    try await TestDatabase.with { pool in
      let world = try await SchedulingWorld(pool)
      try await world.credit(["ada", "bob"], 1000)
      try await world.addModule("echo")
      if nodes > 0 { try await world.addNodes(nodes, slots: slots) }
      let desk = Desk(world)
      try await desk.service.refresh()
      try await body(desk)
    }
  }

  /// - Parameter ahead: how far its clock is from the database's.
  init(_ world: SchedulingWorld, seed: UInt64 = 1, ahead: TimeSpan = TimeSpan(seconds: 0)) {
    self.world = world
    let generator = Mutex(SeededRandom(seed: seed))
    service = PostgresJobService(
      world.pool, now: { Desk.time() + ahead }, random: { generator.withLock { $0.next() } })
    loop = SchedulerLoop(service)
  }

  /// The database's time counts; heartbeats must be young by this process's.
  private static func time() -> Timestamp {
    let now = ContinuousClock.now
    return started + TimeSpan(milliseconds: Int64((now - begun) / .milliseconds(1)))
  }
  private static let begun = ContinuousClock.now
  private static let started = Timestamp(microseconds: realMicroseconds())

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

  /// The newest attempt, and the node that it is on.
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

  /// Makes time pass for one attempt, as the database sees it.
  func endLease(of job: JobID) async throws {
    try await world.pool.query(
      "UPDATE job_attempts SET lease_until = now() - interval '1 second' WHERE job = $1 AND ended_at IS NULL",
      [.text(job.text)])
  }

  func account(_ name: String) async throws -> LedgerStore.Account {
    try #require(try await world.ledger.account(name))
  }

  /// What nodes have given, by the nodes and by the attempts; both must be the same.
  func used() async throws -> (nodes: Int64, attempts: Int64) {
    (
      try await world.count("SELECT coalesce(sum(slots_used), 0) FROM scheduler_nodes"),
      try await world.count("SELECT count(*) FROM job_attempts WHERE ended_at IS NULL")
    )
  }
}
