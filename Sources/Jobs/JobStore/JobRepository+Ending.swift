import JobModel
import Ledger
import Model
import Placement
import Postgres

/// Jobs that end while they wait, and the word that one is to end.
extension JobRepository {
  /// Ends jobs that wait and gives back what is held for them; others are left alone.
  /// - Returns: those that it ended.
  @discardableResult
  func endPending(_ ids: [JobID], as state: JobState, because reason: String) async throws(PostgresError)
    -> [JobID]
  {
    guard !ids.isEmpty else { return [] }
    return try await pool.transaction { transaction throws(PostgresError) in
      let rows = try await transaction.query(
        """
        SELECT j.id, a.name, j.hold FROM jobs j JOIN accounts a ON a.id = j.account
        WHERE j.id = ANY ($1::text[]) AND j.state = 'pending' ORDER BY j.id FOR NO KEY UPDATE OF j
        """, [.textArray(ids.map(\.text))])
      var ended: [JobID] = []
      var calls: [LedgerCall] = []
      for row in rows {
        guard let id = JobID(try row.text(0)) else { continue }
        ended.append(id)
        calls.append(LedgerCall(.void(hold: try row.int(2)), on: try row.text(1), key: "job/\(id)/void"))
      }
      guard let void = LedgerBatch(calls).statement else { return [] }
      var statements = [
        void,
        Statement("DELETE FROM pending_jobs WHERE job = ANY ($1::text[])", [.textArray(ended.map(\.text))]),
        Statement(
          """
          UPDATE jobs SET state = $2, version = version + 1, reason = $3, finished_at = clock_timestamp()
          WHERE id = ANY ($1::text[])
          """, [.textArray(ended.map(\.text)), .text(state.rawValue), .text(reason)]),
      ]
      if let notice = JobRepository.notify(JobRepository.jobsChannel, ended) { statements.append(notice) }
      try await transaction.pipeline(statements)
      return ended
    }
  }

  /// Jobs whose deadline passed while they waited.
  func outdated(most: Int) async throws(PostgresError) -> [JobID] {
    let rows = try await pool.query(
      "SELECT job FROM pending_jobs WHERE deadline_at <= clock_timestamp() ORDER BY deadline_at LIMIT $1",
      [.int(Int64(most))])
    var ids: [JobID] = []
    for row in rows { if let id = JobID(try row.text(0)) { ids.append(id) } }
    return ids
  }

  /// Has it told to the worker that the job is to end.
  func requestCancel(_ id: JobID, by person: String) async throws(PostgresError) {
    var statements = [
      Statement(
        """
        UPDATE jobs SET cancelled_by = $2, version = version + 1
        WHERE id = $1 AND state IN ('dispatched', 'running') AND cancelled_by IS NULL
        """, [.text(id.text), .text(person)])
    ]
    if let notice = JobRepository.notify(JobRepository.jobsChannel, [id]) { statements.append(notice) }
    try await pool.pipeline(statements)
  }

  /// The attempt under way, and its node; nil: there is none.
  func openAttempt(of id: JobID) async throws(PostgresError) -> (attempt: AttemptID, node: Int64)? {
    let rows = try await pool.query(
      "SELECT number, node FROM job_attempts WHERE job = $1 AND ended_at IS NULL", [.text(id.text)])
    guard let row = rows.first else { return nil }
    return (AttemptID(id, Int(try row.int(0))), try row.int(1))
  }
}

extension JobRepository {
  /// Jobs that failed wherever they could go: on to the overflow nodes where there are some and settings say so, else over.
  func giveUp(_ ids: [JobID]) async throws(PostgresError) {
    let escalates = mirror.read { $0.settings.escalates }
    var rest = ids
    if escalates {
      let rows = try await pool.query(
        """
        UPDATE jobs SET is_overflow = true, version = version + 1
        WHERE id = ANY ($1::text[]) AND state = 'pending' AND NOT is_overflow
          AND EXISTS (SELECT 1 FROM scheduler_nodes WHERE is_overflow AND retired_at IS NULL)
        RETURNING id
        """, [.textArray(ids.map(\.text))])
      var escalated: Set<String> = []
      for row in rows { escalated.insert(try row.text(0)) }
      rest = ids.filter { !escalated.contains($0.text) }
    }
    try await endPending(
      rest, as: .failed,
      because: "it failed, and no other node could take it" + (escalates ? "; there is no overflow node" : "")
    )
  }
}
