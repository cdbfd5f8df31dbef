import JobModel
import Model
import Placement
import Postgres

/// Jobs and nodes as they are stored.
extension JobRepository {
  /// With its attempts; nil: there is no such job.
  func job(_ id: JobID) async throws(PostgresError) -> Job? { try await jobWithDecisions(id)?.job }

  /// Also the placement decision of each attempt.
  func jobWithDecisions(_ id: JobID) async throws(PostgresError) -> (
    job: Job, decisions: [PlacementDecision?]
  )? {
    let answers = try await pool.pipeline([
      Statement(JobStoreSQL.job, [.text(id.text)]), Statement(JobStoreSQL.attemptsOfJob, [.text(id.text)]),
    ])
    guard let row = answers[0].first, var job = try Job(row) else { return nil }
    var decisions: [PlacementDecision?] = []
    for row in answers[1] {
      guard let attempt = try JobAttempt(row) else { continue }
      job.attempts.append(attempt)
      decisions.append(try row.optionalText("decision").flatMap { PlacementDecision(packed: $0) })
    }
    return (job, decisions)
  }

  /// Newest first, without inputs, outputs, artefacts and attempts.
  func jobs(_ query: JobQuery) async throws(PostgresError) -> [Job] {
    let rows = try await pool.query(
      JobStoreSQL.jobs,
      [
        .optional(query.creator, SQLValue.text), .optional(query.state) { .text($0.rawValue) },
        .optional(query.module, SQLValue.text), .optional(query.before) { .text($0.text) },
        .int(Int64(query.limit)),
      ])
    var jobs: [Job] = []
    for row in rows { if let job = try Job(row) { jobs.append(job) } }
    return jobs
  }

  /// Every node that is declared, by name.
  func nodes() async throws(PostgresError) -> [NodeStatus] {
    let rows = try await pool.query(
      JobStoreSQL.nodeStatuses, [.int(fleet.settings.offlineAfter.milliseconds)])
    var nodes: [NodeStatus] = []
    for row in rows { nodes.append(try NodeStatus(row)) }
    return nodes
  }

  /// The ids of the nodes that a job failed on.
  func failedNodes(of id: JobID) async throws(PostgresError) -> [Int64] {
    let rows = try await pool.query("SELECT failed_nodes FROM jobs WHERE id = $1", [.text(id.text)])
    return try rows.first?.intArray("failed_nodes") ?? []
  }

  /// A node that left the manifests is found until its last attempt has ended.
  func node(named name: String) async throws(PostgresError) -> (id: Int64, isRetired: Bool)? {
    let rows = try await pool.query(JobStoreSQL.findNode, [.text(name)])
    return try rows.first.map { row throws(PostgresError) in
      (try row.int("id"), try row.bool("is_retired"))
    }
  }

  /// Cordons or uncordons a node as an operator does, whatever its manifest says.
  func cordon(_ node: String, _ isCordoned: Bool) async throws(PostgresError) {
    try await pool.pipeline([
      Statement(
        "UPDATE scheduler_nodes SET is_held = $2 WHERE name = $1 AND retired_at IS NULL",
        [.text(node), .bool(isCordoned)]), ChangeNotice.pending,
    ])
  }
}
