import Concurrency
import JobModel
import Model
import Placement
import Postgres

/// The transactions of jobs. Each takes many calls and returns an outcome for each of them: it locks and
/// reads the facts, has a decision value decide (`SubmitDecision`, `DispatchDecision`, `ReportDecision` …),
/// and performs its actions.
///
/// Every transaction locks jobs, then accounts, then nodes, each in the order of their ids, and reads the
/// database's time after that, so that the attempts of one node are recorded in the order of their times.
struct JobRepository: Sendable {
  let pool: PostgresPool
  let fleet: FleetCache
  /// The time of this process; used only where the database's time is not known.
  let now: @Sendable () -> Timestamp

  /// Makes everything durable that was committed before.
  func flush() async -> Result<Void, PostgresError> {
    await Result { () async throws(PostgresError) in try await pool.flush() }
  }

  static let clock = Statement("SELECT clock_timestamp() AS now")

  /// - Parameter rows: the result of `clock`.
  static func time(_ rows: Rows) throws(PostgresError) -> Timestamp { try rows.only().timestamp("now") }

  static func lockNodes(_ ids: Set<Int64>) -> Statement {
    Statement(JobStoreSQL.lockNodes, [.intArray(ids.sorted())])
  }

  /// - Parameter rows: the result of `lockNodes`.
  static func nodes(_ rows: Rows) throws(PostgresError) -> [Int64: FleetNode] {
    var nodes: [Int64: FleetNode] = [:]
    for row in rows {
      let node = try FleetNode(locked: row)
      nodes[node.id] = node
    }
    return nodes
  }

  /// Writes what attempts use of nodes.
  /// - Parameter time: when they earned what they have; nil: their earnings did not change.
  static func update(_ nodes: [FleetNode], earnedAt time: Timestamp? = nil) -> Statement {
    Statement(
      JobStoreSQL.updateNodes,
      [
        .intArray(nodes.map(\.id)), .textArray(nodes.map(\.gpuUsed.arrayText)),
        .intArray(nodes.map(\.coresUsed)), .intArray(nodes.map { Int64($0.slotsUsed) }),
        .intArray(nodes.map(\.earned)), .optional(time, SQLValue.timestamp),
      ])
  }

  static func enqueue(_ jobs: [JobID], at time: Timestamp) -> Statement {
    Statement(JobStoreSQL.enqueueJobs, [.timestamp(time), .textArray(jobs.map(\.text).sorted())])
  }

  static func dequeue(_ jobs: [JobID]) -> Statement {
    Statement("DELETE FROM pending_jobs WHERE job = ANY ($1::text[])", [.textArray(jobs.map(\.text))])
  }
}

extension [Int64] {
  /// As an array of SQL, for arrays of arrays of different lengths.
  var arrayText: String { "{" + map { String($0) }.joined(separator: ",") + "}" }
}

extension [Int64: FleetNode] {
  /// Claims capacity of a locked node. Returns nil, and changes nothing, where the free capacity is too small
  /// or the node takes no new work.
  mutating func claim(_ node: Int64, _ needs: WorkNeeds) -> Claim? {
    self[node]?.isCordoned == false ? self[node]?.claim(needs) : nil
  }
}
