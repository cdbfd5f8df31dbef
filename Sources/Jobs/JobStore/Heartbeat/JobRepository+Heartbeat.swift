import JobModel
import Model
import Placement
import Postgres

/// Heartbeats of workers.
extension JobRepository {
  /// Records heartbeats.
  /// - Returns: for each call the attempts that its node must stop.
  func recordHeartbeats(_ calls: [HeartbeatCall]) async -> Result<[[AttemptID]], PostgresError> {
    do throws(PostgresError) {
      let decision = fleet.withState { state in HeartbeatDecision(calls) { state.fleet[$0] } }
      let statements = decision.statements
      let answers = try await pool.pipeline([JobRepository.clock] + statements)
      let time = try JobRepository.time(answers[0])
      for (node, heartbeat) in decision.newest { fleet.recordHeartbeat(heartbeat, of: node, at: time) }
      var stops: [Int64: [AttemptID]] = [:]
      for row in answers[statements.count] {
        guard let attempt = try AttemptID(row) else { continue }
        stops[try row.int("node"), default: []].append(attempt)
      }
      return .success(calls.map { stops[$0.node] ?? [] })
    } catch {
      return .failure(error)
    }
  }

  /// The running attempts of a node whose lease has not expired, oldest first.
  func acceptedAttempts(on node: Int64, limit: Int) async throws(PostgresError) -> [AttemptID] {
    let rows = try await pool.query(
      """
      SELECT job, number FROM job_attempts
      WHERE node = $1 AND ended_at IS NULL AND state = 'running' AND lease_until > clock_timestamp()
      ORDER BY dispatched_at, job LIMIT $2
      """, [.int(node), .int(Int64(limit))])
    var attempts: [AttemptID] = []
    for row in rows {
      if let attempt = try AttemptID(row) { attempts.append(attempt) }
    }
    return attempts
  }

  /// The dispatched attempts of a node whose lease has not expired, oldest first.
  func dispatchedAttempts(on node: Int64, limit: Int) async throws(PostgresError) -> [WorkOrder] {
    let rows = try await pool.query(JobStoreSQL.attemptsOnNode, [.int(node), .int(Int64(limit))])
    var orders: [WorkOrder] = []
    for row in rows {
      guard let attempt = try AttemptID(row) else { continue }
      let module = try row.text("module")
      orders.append(
        WorkOrder(
          attempt: attempt, module: module,
          jobType: fleet.withState { $0.modules[module]?.jobType } ?? module, image: try row.text("image"),
          input: (try? Value(json: try row.text("input"))) ?? .null, units: try row.int("units"),
          gpu: try row.optionalInt("gpu").map { Int($0) }, leaseUntil: try row.timestamp("lease_until"),
          stopAt: try row.timestamp("stop_at")))
    }
    return orders
  }
}

extension HeartbeatDecision {
  /// The last one reads the attempts that must stop.
  var statements: [Statement] {
    let nodes = newest.keys.sorted()
    let times = Statement(
      JobStoreSQL.recordHeartbeats,
      [
        .intArray(nodes), .intArray(nodes.map { newest[$0]?.roundTripMicroseconds ?? 0 }),
        .array(nodes.map { .optional(newest[$0]?.report) { .text($0.json) } }),
      ])
    return [times] + capabilities + [Statement(JobStoreSQL.attemptsToStop, [.intArray(nodes)])]
  }

  private var capabilities: [Statement] {
    guard !changed.isEmpty else { return [] }
    func list(_ texts: [String]) -> String { Value.array(texts.sorted().map(Value.string)).json }
    let nodes = changed.keys.sorted()
    return [
      Statement(
        JobStoreSQL.recordCapabilities,
        [
          .intArray(nodes), .array(nodes.map { .bool(changed[$0]?.canPull ?? false) }),
          .textArray(nodes.map { list(changed[$0]?.images ?? []) }),
          .array(nodes.map { .optional(changed[$0]?.jobTypes) { .text(list($0)) } }),
        ])
    ]
  }
}
