import JobModel
import Model
import Placement
import Postgres

/// Signs of life, many at a time, and what nodes are to know.
extension JobRepository {
  struct HeartbeatCall: Sendable {
    let node: Int64
    let heartbeat: WorkerHeartbeat
  }

  /// For each call the attempts that its node is to stop.
  func hear(_ calls: [HeartbeatCall]) async -> Result<[[AttemptID]], PostgresError> {
    // The newest of each node counts.
    let newest = Dictionary(calls.map { ($0.node, $0.heartbeat) }, uniquingKeysWith: { _, last in last })
    do throws(PostgresError) {
      let changed = mirror.read { state in newest.filter { state.fleet[$0.key]?.isAs($0.value) != true } }
      var statements = [JobRepository.clock, keepTimes(newest)]
      if !changed.isEmpty { statements.append(keepAbilities(changed)) }
      statements.append(
        Statement(
          """
          SELECT w.node, w.job, w.number FROM job_attempts w JOIN jobs j ON j.id = w.job
          WHERE w.node = ANY ($1::bigint[]) AND w.ended_at IS NULL
            AND (j.cancelled_by IS NOT NULL OR w.stop_at <= now())
          """, [.intArray(newest.keys.sorted())]))
      let answers = try await pool.pipeline(statements)
      let time = try answers[0].only().timestamp(0)
      for (node, heartbeat) in newest { mirror.hear(node, heartbeat, at: time) }
      var stops: [Int64: [AttemptID]] = [:]
      for row in answers[answers.count - 1] {
        guard let job = JobID(try row.text(1)) else { continue }
        stops[try row.int(0), default: []].append(AttemptID(job, Int(try row.int(2))))
      }
      return .success(calls.map { stops[$0.node] ?? [] })
    } catch {
      return .failure(error)
    }
  }

  private func keepTimes(_ heartbeats: [Int64: WorkerHeartbeat]) -> Statement {
    let nodes = heartbeats.keys.sorted()
    return Statement(
      """
      INSERT INTO scheduler_heartbeats (node, heard_at, round_trip_us, report)
      SELECT u.node, clock_timestamp(), u.trip, u.report::jsonb
      FROM unnest($1::bigint[], $2::bigint[], $3::text[]) u (node, trip, report) ORDER BY u.node
      ON CONFLICT (node) DO UPDATE SET heard_at = excluded.heard_at, round_trip_us = excluded.round_trip_us,
        report = coalesce(excluded.report, scheduler_heartbeats.report)
      """,
      [
        .intArray(nodes), .intArray(nodes.map { heartbeats[$0]?.roundTripMicroseconds ?? 0 }),
        .array(nodes.map { .optional(heartbeats[$0]?.report) { .text($0.json) } }),
      ])
  }

  private func keepAbilities(_ heartbeats: [Int64: WorkerHeartbeat]) -> Statement {
    func list(_ texts: [String]) -> String { Value.array(texts.sorted().map(Value.string)).json }
    let nodes = heartbeats.keys.sorted()
    return Statement(
      """
      UPDATE scheduler_heartbeats h SET can_pull = u.pulls,
        images = ARRAY (SELECT jsonb_array_elements_text(u.images::jsonb)),
        job_types = CASE WHEN u.types IS NULL THEN NULL ELSE ARRAY (SELECT jsonb_array_elements_text(u.types::jsonb)) END
      FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[]) u (node, pulls, images, types)
      WHERE h.node = u.node
      """,
      [
        .intArray(nodes), .array(nodes.map { .bool(heartbeats[$0]?.canPull ?? false) }),
        .textArray(nodes.map { list(heartbeats[$0]?.images ?? []) }),
        .array(nodes.map { .optional(heartbeats[$0]?.jobTypes) { .text(list($0)) } }),
      ])
  }

  /// Attempts of a node: those that were dispatched and wait for its word, or those that it has accepted.
  func attempts(on node: Int64, in state: AttemptState, most: Int) async throws(PostgresError) -> [WorkOrder]
  {
    let rows = try await pool.query(
      """
      SELECT w.job, w.number, j.module, j.image, j.input, j.units, w.gpu, w.lease_until, w.stop_at
      FROM job_attempts w JOIN jobs j ON j.id = w.job
      WHERE w.node = $1 AND w.ended_at IS NULL AND w.state = $2 AND w.lease_until > clock_timestamp()
      ORDER BY w.dispatched_at, w.job LIMIT $3
      """, [.int(node), .text(state.rawValue), .int(Int64(most))])
    var orders: [WorkOrder] = []
    for row in rows {
      guard let job = JobID(try row.text(0)) else { continue }
      let module = try row.text(2)
      orders.append(
        WorkOrder(
          attempt: AttemptID(job, Int(try row.int(1))), module: module,
          jobType: mirror.read { $0.modules[module]?.needs.jobType } ?? module, image: try row.text(3),
          input: (try? Value(json: try row.text(4))) ?? .null, units: try row.int(5),
          gpu: try row.optionalInt(6).map { Int($0) }, leaseUntil: try row.timestamp(7),
          stopAt: try row.timestamp(8)))
    }
    return orders
  }
}

extension FleetNode {
  /// Whether it can do what the heartbeat says.
  fileprivate func isAs(_ heartbeat: WorkerHeartbeat) -> Bool {
    lastHeartbeatAt != nil && canPull == heartbeat.canPull && jobTypes == heartbeat.jobTypes.map { Set($0) }
      && images == Set(heartbeat.images)
  }
}
