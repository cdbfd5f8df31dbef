import JobModel
import Ledger
import Placement
import Postgres

/// Jobs that end while they wait, and jobs whose worker must stop.
extension JobRepository {
  /// Ends waiting jobs and frees what is held for them, or escalates them; jobs that do not wait stay as they
  /// are.
  func endPending(_ ids: [JobID], _ cause: PendingEndDecision.Cause) async throws(PostgresError) {
    guard !ids.isEmpty else { return }
    let settings = fleet.settings
    try await pool.transaction { transaction throws(PostgresError) in
      let answers = try await transaction.pipeline([
        cause.lock(ids), JobRepository.hasOverflowNodes,
      ])
      var jobs: [PendingEndDecision.PendingJob] = []
      for row in answers[0] {
        if let job = try PendingEndDecision.PendingJob(row) { jobs.append(job) }
      }
      let decision = PendingEndDecision(jobs, cause, try JobRepository.escalation(settings, answers[1]))
      try await transaction.pipeline(decision.statements)
    }
  }

  /// Waiting jobs whose deadline passed.
  func expiredPending(limit: Int) async throws(PostgresError) -> [JobID] {
    let rows = try await pool.query(
      "SELECT job FROM pending_jobs WHERE deadline_at <= clock_timestamp() ORDER BY deadline_at LIMIT $1",
      [.int(Int64(limit))])
    var ids: [JobID] = []
    for row in rows { if let id = JobID(try row.text("job")) { ids.append(id) } }
    return ids
  }

  /// Waiting jobs of retired modules, by the name of the module.
  /// - Parameter limit: the maximum number of jobs.
  func pendingWithoutModule(limit: Int) async throws(PostgresError) -> [String: [JobID]] {
    let rows = try await pool.query(
      """
      SELECT p.job, p.module FROM scheduler_modules m JOIN pending_jobs p ON p.module = m.name
      WHERE m.retired_at IS NOT NULL ORDER BY p.module, p.queued_at LIMIT $1
      """, [.int(Int64(limit))])
    var jobs: [String: [JobID]] = [:]
    for row in rows {
      if let id = JobID(try row.text("job")) { jobs[try row.text("module"), default: []].append(id) }
    }
    return jobs
  }

  /// Requests that the worker of a dispatched or running job stops it.
  func requestCancel(_ id: JobID, by person: String) async throws(PostgresError) {
    let update = Statement(
      """
      UPDATE jobs SET cancelled_by = $2, version = version + 1
      WHERE id = $1 AND state IN ('dispatched', 'running') AND cancelled_by IS NULL
      """, [.text(id.text), .text(person)])
    try await pool.pipeline([update] + ChangeNotice.jobs([id]))
  }

  /// The attempt of a job that has not ended, and its node; nil: there is none.
  func openAttempt(of id: JobID) async throws(PostgresError) -> (attempt: AttemptID, node: Int64)? {
    let rows = try await pool.query(
      "SELECT job, number, node FROM job_attempts WHERE job = $1 AND ended_at IS NULL", [.text(id.text)])
    guard let row = rows.first, let attempt = try AttemptID(row) else { return nil }
    return (attempt, try row.int("node"))
  }
}

extension PendingEndDecision.Cause {
  /// Locks those of the jobs that still wait. A module may be declared again after its jobs were read; its
  /// jobs then stay.
  fileprivate func lock(_ ids: [JobID]) -> Statement {
    let isOfRetiredModule = if case .moduleRemoved = self { true } else { false }
    return Statement(
      JobStoreSQL.lockPendingJobs, [.textArray(ids.map(\.text)), .bool(isOfRetiredModule)])
  }
}

extension PendingEndDecision.PendingJob {
  /// Reads a row of `JobStoreSQL.lockPendingJobs`.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let id = JobID(try row.text("id")) else { return nil }
    self.init(
      id: id, account: try row.text("account"), hold: try row.int("hold"),
      isOverflow: try row.bool("is_overflow"))
  }
}

extension PendingEndDecision {
  var statements: [Statement] {
    var statements: [Statement] = []
    if !escalated.isEmpty {
      statements.append(
        Statement(
          "UPDATE jobs SET is_overflow = true, version = version + 1 WHERE id = ANY ($1::text[])",
          [.textArray(escalated.map(\.text))]))
    }
    if let void = LedgerBatch(ledgerCalls).statement {
      statements += [
        void, JobRepository.dequeue(ended),
        Statement(
          """
          UPDATE jobs SET state = $2, version = version + 1, reason = $3, finished_at = clock_timestamp()
          WHERE id = ANY ($1::text[])
          """, [.textArray(ended.map(\.text)), .text(state.rawValue), .text(reason)]),
      ]
      statements += ChangeNotice.jobs(ended)
    }
    return statements
  }
}
