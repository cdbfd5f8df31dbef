import JobModel
import Ledger
import Model
import Placement
import Postgres

/// What the scheduler keeps in the database, and the transactions that change it. Each takes many calls at a time and gives
/// each an outcome of its own.
///
/// Every transaction locks jobs before accounts before nodes, each in the order of their ids, then takes the time, then
/// decides, then writes: what stands in the tables of one node is in the order of its times.
struct JobRepository: Sendable {
  let pool: PostgresPool
  let mirror: FleetMirror
  /// Of this process; only where the database's is not at hand.
  let now: @Sendable () -> Timestamp

  /// Told with the ids of nodes that got work, separated by commas.
  static let workChannel = "scheduling_work"
  /// Told with the ids of jobs that changed, separated by commas.
  static let jobsChannel = "scheduling_jobs"
  /// Told when something waits, or may wait no longer.
  static let pendingChannel = "scheduling_pending"

  func flush() async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
      return .success(try await pool.flush())
    } catch {
      return .failure(error)
    }
  }

  static let clock = Statement("SELECT clock_timestamp()")
  /// Tells that something waits, or may wait no longer.
  static let noticeOfPending = Statement("SELECT pg_notify($1, '')", [.text(pendingChannel)])

  /// - Parameter ids: sorted or not; they are locked in their order.
  static func lockNodes(_ ids: Set<Int64>) -> Statement {
    Statement(
      """
      SELECT \(FleetNode.roomColumns) FROM scheduler_nodes n WHERE n.id = ANY ($1::bigint[])
      ORDER BY n.id FOR NO KEY UPDATE
      """, [.intArray(ids.sorted())])
  }

  static func rooms(_ rows: Rows) throws(PostgresError) -> [Int64: FleetNode] {
    var rooms: [Int64: FleetNode] = [:]
    for row in rows {
      let room = try FleetNode(room: row)
      rooms[room.id] = room
    }
    return rooms
  }

  /// Writes what is taken of nodes.
  /// - Parameter earned: when they earned what they have; nil: they earned nothing.
  static func keep(_ rooms: some Sequence<FleetNode>, earned time: Timestamp? = nil) -> Statement {
    let rooms = Array(rooms)
    return Statement(
      """
      UPDATE scheduler_nodes n SET gpu_used = u.gpus::bigint[], cores_used = u.cores, slots_used = u.slots,
        earned_micro = CASE WHEN $6::timestamptz IS NULL THEN n.earned_micro ELSE u.earned END,
        earned_at = coalesce($6::timestamptz, n.earned_at)
      FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::int[], $5::bigint[]) u (id, gpus, cores, slots, earned)
      WHERE n.id = u.id
      """,
      [
        .intArray(rooms.map(\.id)),
        .textArray(rooms.map(\.gpuUsed.arrayText)),
        .intArray(rooms.map(\.coresUsed)), .intArray(rooms.map { Int64($0.slotsUsed) }),
        .intArray(rooms.map(\.earned)), .optional(time, SQLValue.timestamp),
      ])
  }

  /// Nil where there is nothing to tell. What does not fit into a notification is found by those who look by themselves.
  static func notify(_ channel: String, _ ids: some Sequence<some CustomStringConvertible>) -> Statement? {
    var text = ""
    for id in ids {
      let name = id.description
      guard text.utf8.count + name.utf8.count < 7900 else { break }
      if !text.isEmpty { text += "," }
      text += name
    }
    return text.isEmpty ? nil : Statement("SELECT pg_notify($1, $2)", [.text(channel), .text(text)])
  }
}

extension [Int64] {
  /// As an array of SQL, for arrays of arrays of different lengths.
  var arrayText: String { "{" + map { String($0) }.joined(separator: ",") + "}" }
}

extension [Int64: FleetNode] {
  /// Takes a place on a node under its lock; nil, and nothing is taken, where there is none or the node takes no new work.
  mutating func claim(_ node: Int64, _ needs: WorkNeeds) -> Claim? {
    self[node]?.isCordoned == false ? self[node]?.claim(needs) : nil
  }
}

/// What is written when jobs get a place: one attempt each.
struct AttemptRows {
  private var jobs: [String] = []
  private var numbers: [Int64] = []
  private var nodes: [Int64] = []
  private var gpus: [SQLValue] = []
  private var memories: [Int64] = []
  private var cores: [Int64] = []
  private var stops: [SQLValue] = []
  private var decisions: [String] = []

  mutating func add(
    _ job: JobID, number: Int, on node: Int64, _ claim: Claim, until stop: Timestamp,
    _ decision: PlacementDecision
  ) {
    jobs.append(job.text)
    numbers.append(Int64(number))
    nodes.append(node)
    gpus.append(.optional(claim.gpu) { .int(Int64($0)) })
    memories.append(claim.gpuMemory)
    cores.append(claim.cores)
    stops.append(.timestamp(stop))
    decisions.append(decision.packed)
  }

  /// The attempts, what they take of their nodes, and the news for these.
  /// - Parameter rooms: as the claims left them.
  func statements(at time: Timestamp, lease: TimeSpan, _ rooms: [Int64: FleetNode]) -> [Statement] {
    guard !jobs.isEmpty else { return [] }
    let touched = Set(nodes).sorted()
    return [insertion(at: time, lease: lease), JobRepository.keep(touched.compactMap { rooms[$0] })]
      + [JobRepository.notify(JobRepository.workChannel, touched)].compactMap { $0 }
  }

  private func insertion(at time: Timestamp, lease: TimeSpan) -> Statement {
    Statement(
      """
      INSERT INTO job_attempts (job, number, node, gpu, gpu_memory, cores, state, dispatched_at, lease_until, stop_at,
        decision)
      SELECT u.job, u.number, u.node, u.gpu, u.memory, u.cores, 'dispatched', $1::timestamptz, $2::timestamptz, u.stop,
        u.decision
      FROM unnest($3::text[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[], $9::timestamptz[],
        $10::text[]) u (job, number, node, gpu, memory, cores, stop, decision)
      """,
      [
        .timestamp(time), .timestamp(time + lease), .textArray(jobs), .intArray(numbers), .intArray(nodes),
        .array(gpus), .intArray(memories), .intArray(cores), .array(stops), .textArray(decisions),
      ])
  }
}
