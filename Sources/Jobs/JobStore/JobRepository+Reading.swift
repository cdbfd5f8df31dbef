import JobModel
import Model
import Placement
import Postgres

/// Jobs as they stand in the tables.
extension JobRepository {
  private static let columns = """
    j.id, j.version, (SELECT name FROM accounts WHERE id = j.account), j.module, j.image, j.input, j.units,
    j.unit_price_micro, j.held_micro, j.cost_micro, j.priority, j.state, j.reason, j.output, j.artefacts, j.is_overflow,
    j.submitted_at, j.deadline_at, j.finished_at
    """

  /// The same without what may be long.
  private static let briefColumns =
    columns.replacing("j.input,", with: "'null',").replacing("j.output, j.artefacts,", with: "NULL, NULL,")

  private static let attempts = """
    SELECT w.number, n.name, w.state, w.reason, w.note, w.units, w.gpu_ms, w.cpu_ms, w.dispatched_at, w.started_at,
      w.ended_at, w.decision
    FROM job_attempts w JOIN scheduler_nodes n ON n.id = w.node WHERE w.job = $1 ORDER BY w.number
    """

  /// With its attempts; nil: there is none.
  func job(_ id: JobID) async throws(PostgresError) -> Job? { try await chapters(of: id)?.job }

  func chapters(of id: JobID) async throws(PostgresError) -> (job: Job, decisions: [PlacementDecision?])? {
    let answers = try await pool.pipeline([
      Statement("SELECT \(JobRepository.columns) FROM jobs j WHERE j.id = $1", [.text(id.text)]),
      Statement(JobRepository.attempts, [.text(id.text)]),
    ])
    guard let row = answers[0].first, var job = try Job(row) else { return nil }
    var decisions: [PlacementDecision?] = []
    for row in answers[1] {
      guard let attempt = try JobAttempt(row) else { continue }
      job.attempts.append(attempt)
      decisions.append(try row.optionalText(11).flatMap { PlacementDecision(packed: $0) })
    }
    return (job, decisions)
  }

  /// Newest first, without inputs, outputs, artefacts and attempts.
  func jobs(_ query: JobQuery) async throws(PostgresError) -> [Job] {
    let rows = try await pool.query(
      """
      SELECT \(JobRepository.briefColumns) FROM jobs j
      WHERE ($1::text IS NULL OR j.account = (SELECT id FROM accounts WHERE name = $1))
        AND ($2::text IS NULL OR j.state = $2) AND ($3::text IS NULL OR j.module = $3)
        AND ($4::text IS NULL OR (j.submitted_at, j.id) < (SELECT b.submitted_at, b.id FROM jobs b WHERE b.id = $4))
      ORDER BY j.submitted_at DESC, j.id DESC LIMIT $5
      """,
      [
        .optional(query.creator, SQLValue.text), .optional(query.state) { .text($0.rawValue) },
        .optional(query.module, SQLValue.text), .optional(query.before) { .text($0.text) },
        .int(Int64(query.limit)),
      ])
    var jobs: [Job] = []
    for row in rows { if let job = try Job(row) { jobs.append(job) } }
    return jobs
  }

  /// Every node that has not left the manifests, by name.
  func nodes() async throws(PostgresError) -> [NodeStatus] {
    let rows = try await pool.query(
      """
      SELECT whole.*, h.report, h.heard_at > now() - $1::bigint * interval '1 millisecond'
      FROM (\(FleetNode.all)) whole LEFT JOIN scheduler_heartbeats h ON h.node = whole.id ORDER BY whole.name
      """, [.int(mirror.read { $0.settings.offlineAfter.milliseconds })])
    var nodes: [NodeStatus] = []
    for row in rows {
      var status = NodeStatus(try FleetNode(whole: row), owner: try row.text(10))
      status.isCordonedByOperator = try row.bool(15)
      status.report = try row.optionalJSON(21)
      status.isOnline = try row.optionalBool(22) ?? false
      nodes.append(status)
    }
    return nodes
  }
}

extension NodeStatus {
  fileprivate init(_ node: FleetNode, owner: String) {
    self.init(
      id: node.id, name: node.name, owner: owner, cores: node.cores, slots: node.slots, memory: node.memory)
    labels = node.labels
    (gpuMemory, gpuUsed) = (node.gpuMemory, node.gpuUsed)
    (coresUsed, slotsUsed) = (node.coresUsed, node.slotsUsed)
    (isRootless, isOverflow, isCordoned) = (node.isRootless, node.isOverflow, node.isCordoned)
    (lastHeartbeatAt, roundTripMicroseconds) = (node.lastHeartbeatAt, node.roundTripMicroseconds)
    (jobTypes, images, canPull) = (node.jobTypes, node.images, node.canPull)
    earned = node.earned
  }
}

extension Job {
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let id = JobID(try row.text(0)), let state = JobState(rawValue: try row.text(11)) else {
      return nil
    }
    let artefacts = try row.optionalText(14).flatMap { try? Value(json: $0) }
    self.init(
      id: id, version: try row.int(1), creator: try row.optionalText(2) ?? "", module: try row.text(3),
      image: try row.text(4), input: (try? Value(json: try row.text(5))) ?? .null, units: try row.int(6),
      unitPrice: try row.optionalInt(7).map { Credits(micro: $0) }, held: Credits(micro: try row.int(8)),
      cost: Credits(micro: try row.int(9)), priority: Int(try row.int(10)), state: state,
      reason: try row.optionalText(12), output: try row.optionalText(13).flatMap { try? Value(json: $0) },
      artefacts: (artefacts?.elements ?? []).compactMap(Artefact.init), isOverflow: try row.bool(15),
      submittedAt: try row.timestamp(16), deadline: try row.timestamp(17),
      finishedAt: try row.optionalTimestamp(18), attempts: [])
  }
}

extension JobAttempt {
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let state = AttemptState(rawValue: try row.text(2)) else { return nil }
    self.init(
      number: Int(try row.int(0)), node: try row.text(1), state: state, reason: try row.optionalText(3),
      note: try row.optionalText(4), units: try row.int(5),
      usage: WorkUsage(gpu: try row.int(6), cpu: try row.int(7)), dispatchedAt: try row.timestamp(8),
      startedAt: try row.optionalTimestamp(9), endedAt: try row.optionalTimestamp(10))
  }
}

extension JobRepository {
  func failedNodes(of id: JobID) async throws(PostgresError) -> [Int64] {
    try await pool.query("SELECT failed_nodes FROM jobs WHERE id = $1", [.text(id.text)]).first?.intArray(0)
      ?? []
  }

  /// One that has left the manifests is there until its last attempt has ended.
  func node(named name: String) async throws(PostgresError) -> (id: Int64, isRetired: Bool)? {
    let rows = try await pool.query(
      """
      SELECT n.id, n.retired_at IS NOT NULL FROM scheduler_nodes n WHERE n.name = $1 AND (n.retired_at IS NULL
        OR EXISTS (SELECT 1 FROM job_attempts w WHERE w.node = n.id AND w.ended_at IS NULL))
      """, [.text(name)])
    return try rows.first.map { row throws(PostgresError) in (try row.int(0), try row.bool(1)) }
  }

  /// By an operator, beside what the manifest says.
  func cordon(_ node: String, _ isCordoned: Bool) async throws(PostgresError) {
    try await pool.query(
      "UPDATE scheduler_nodes SET is_held = $2 WHERE name = $1 AND retired_at IS NULL",
      [.text(node), .bool(isCordoned)])
    try await pool.pipeline([JobRepository.noticeOfPending])
  }
}
