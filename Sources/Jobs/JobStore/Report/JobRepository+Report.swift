import JobModel
import Ledger
import Model
import Placement
import Postgres

/// Reports of workers, and leases that expired.
extension JobRepository {
  typealias Reported = Result<WorkReply, JobError>

  /// The outcome of each report, in their order; each regards what those before it changed.
  func report(_ calls: [ReportCall]) async -> Result<[Reported], PostgresError> {
    do throws(PostgresError) {
      let (settings, rates, canDrain) = (fleet.settings, fleet.rates, fleet.drainedPlaces != nil)
      let (outcomes, nodes) = try await pool.transaction {
        transaction throws(PostgresError) -> ([Reported], [FleetNode]) in
        let facts = try await JobRepository.facts(
          of: calls, settings, rates, canDrain: canDrain, transaction)
        var decision = ReportDecision(facts)
        var outcomes: [Reported] = []
        for call in calls { outcomes.append(decision.process(call)) }
        try await transaction.pipeline(decision.statements(at: facts.time))
        return (outcomes, decision.changedNodes)
      }
      fleet.update(nodes)
      return .success(outcomes)
    } catch {
      return .failure(error)
    }
  }

  private static func facts(
    of calls: [ReportCall], _ settings: SchedulerSettings, _ rates: TimeRates?, canDrain: Bool,
    _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> ReportDecision.Facts {
    let readsDrains = canDrain && calls.contains(where: \.dependsOnDrains)
    let answers = try await transaction.pipeline(
      [
        AttemptRecord.lock(calls.map(\.attempt)), lockNodes(Set(calls.filter(\.mayEnd).map(\.node))), clock,
        hasOverflowNodes,
      ] + (readsDrains ? [DrainedPlaces.statement, retiredModules] : []))
    var attempts: [AttemptID: AttemptRecord] = [:]
    for row in answers[0] {
      if let record = try AttemptRecord(row) { attempts[record.id] = record }
    }
    return ReportDecision.Facts(
      attempts: attempts, nodes: try nodes(answers[1]),
      platform: readsDrains ? try PlatformChanges(answers[4], answers[5], nodes: answers[1]) : nil,
      time: try time(answers[2]), escalation: try escalation(settings, answers[3]), rates: rates)
  }

  private static let retiredModules = Statement(
    "SELECT name FROM scheduler_modules WHERE retired_at IS NOT NULL")

  /// Whether a node of the overflow pool is declared.
  static let hasOverflowNodes = Statement(
    "SELECT EXISTS (SELECT 1 FROM scheduler_nodes WHERE is_overflow AND retired_at IS NULL) AS has_overflow")

  /// - Parameter rows: the result of `hasOverflowNodes`.
  static func escalation(_ settings: SchedulerSettings, _ rows: Rows) throws(PostgresError) -> Escalation {
    Escalation(settings: settings, hasOverflowNodes: try rows.only().bool("has_overflow"))
  }

  /// Attempts whose lease expired, oldest first, for `report`.
  func expiredLeases(limit: Int) async throws(PostgresError) -> [ReportCall] {
    let rows = try await pool.query(
      """
      SELECT job, number, node FROM job_attempts WHERE ended_at IS NULL AND lease_until <= clock_timestamp()
      ORDER BY lease_until LIMIT $1
      """, [.int(Int64(limit))])
    var calls: [ReportCall] = []
    for row in rows {
      guard let attempt = try AttemptID(row) else { continue }
      calls.append(ReportCall(attempt: attempt, node: try row.int("node"), event: .leaseExpired))
    }
    return calls
  }
}

extension AttemptID {
  /// Reads the columns `job` and `number`.
  init?(_ row: Row) throws(PostgresError) {
    guard let job = JobID(try row.text("job")) else { return nil }
    self.init(job, Int(try row.int("number")))
  }
}

extension ReportDecision {
  func statements(at time: Timestamp) -> [Statement] {
    let (attempts, jobs, nodes) = (changedAttempts, changedJobs, changedNodes)
    guard !attempts.isEmpty else { return [] }
    var statements = [AttemptRecord.updateAttempts(attempts)]
    if !jobs.isEmpty { statements.append(AttemptRecord.updateJobs(jobs)) }
    let paid = attempts.filter { $0.pay.micro > 0 }
    if !paid.isEmpty { statements.append(AttemptRecord.recordPay(paid)) }
    if !requeued.isEmpty { statements.append(JobRepository.enqueue(requeued, at: time)) }
    if !preempted.isEmpty {
      statements.append(
        Statement(JobStoreSQL.requeueJobs, [.textArray(preempted.map(\.text).sorted())]))
    }
    if !nodes.isEmpty { statements.append(JobRepository.update(nodes, earnedAt: time)) }
    if !usage.isEmpty { statements.append(LedgerStore.recording(usage)) }
    statements += ChangeNotice.jobs(jobs.map(\.id.job))
    if !nodes.isEmpty { statements.append(ChangeNotice.pending) }
    return statements
  }
}
