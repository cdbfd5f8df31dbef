import JobModel
import Model
import Placement
import Postgres

/// An attempt and its job, as they are stored under their locks.
struct AttemptRecord {
  let id: AttemptID
  var job: JobRecord
  let node: Int64
  let claim: Claim
  var state: AttemptState
  var startedAt: Timestamp?
  var endedAt: Timestamp?
  var leaseUntil: Timestamp
  let stopAt: Timestamp
  var units: Int64
  var usage: WorkUsage
  var note: String?
  var reason: String?
  /// What the platform pays for its work where it was preempted.
  var pay = Credits(micro: 0)

  struct JobRecord {
    /// Name of the account that pays.
    let account: String
    let module: String
    /// Digest of the image of the newest attempt.
    let image: String
    let developer: String
    let units: Int64
    let unitPrice: Credits?
    let hold: Int64
    let held: Credits
    var state: JobState
    /// The number of its newest attempt.
    let attempts: Int
    var failedNodes: [Int64]
    var isOverflow: Bool
    let cancelledBy: String?
    let deadline: Timestamp
    var reason: String?
    /// Nil: unchanged.
    var output: String?
    /// Nil: unchanged.
    var artefacts: String?
    var cost = Credits(micro: 0)
    var finishedAt: Timestamp?
  }

  static func lock(_ ids: [AttemptID]) -> Statement {
    Statement(
      JobStoreSQL.lockAttempts,
      [.textArray(ids.map(\.job.text)), .intArray(ids.map { Int64($0.number) })])
  }

  /// Reads a row of `lock`.
  init?(_ row: Row) throws(PostgresError) {
    guard let job = JobID(try row.text("id")), let record = try JobRecord(row),
      let state = AttemptState(rawValue: try row.text("state"))
    else { return nil }
    id = AttemptID(job, Int(try row.int("number")))
    self.job = record
    node = try row.int("node")
    claim = Claim(
      gpu: try row.optionalInt("gpu").map { Int($0) }, gpuMemory: try row.int("gpu_memory"),
      cores: try row.int("cores"))
    self.state = state
    startedAt = try row.optionalTimestamp("started_at")
    endedAt = try row.optionalTimestamp("ended_at")
    leaseUntil = try row.timestamp("lease_until")
    stopAt = try row.timestamp("stop_at")
    units = try row.int("units")
    usage = WorkUsage(gpu: try row.int("gpu_ms"), cpu: try row.int("cpu_ms"))
    note = try row.optionalText("note")
    reason = try row.optionalText("reason")
  }

  /// Whether it is the attempt that the job waits for.
  var isCurrent: Bool {
    endedAt == nil && job.attempts == id.number && (job.state == .dispatched || job.state == .running)
  }

  /// Records that the attempt runs, where its worker did not report that before.
  mutating func start(at time: Timestamp) {
    guard state == .dispatched else { return }
    state = .running
    startedAt = startedAt ?? time
    job.state = .running
  }

  /// Records what a worker reports that the attempt did and used, at most what is possible in the time since
  /// it started.
  mutating func meter(units reported: Int64, _ used: WorkUsage, at time: Timestamp) {
    let elapsed = max((time - (startedAt ?? time)).milliseconds, 0)
    let width = max(claim.cores, 1000)
    units = min(max(reported, units), job.units)
    usage.gpu = claim.gpu == nil ? 0 : min(max(used.gpu, usage.gpu), elapsed)
    usage.cpu = min(max(used.cpu, usage.cpu), elapsed * width / 1000)
  }
}

extension AttemptRecord.JobRecord {
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let state = JobState(rawValue: try row.text("job_state")) else { return nil }
    self.init(
      account: try row.text("account"), module: try row.text("module"), image: try row.text("image"),
      developer: try row.text("developer"), units: try row.int("ordered_units"),
      unitPrice: try row.optionalInt("unit_price_micro").map { Credits(micro: $0) },
      hold: try row.int("hold"), held: Credits(micro: try row.int("held_micro")), state: state,
      attempts: Int(try row.int("attempts")), failedNodes: try row.intArray("failed_nodes"),
      isOverflow: try row.bool("is_overflow"), cancelledBy: try row.optionalText("cancelled_by"),
      deadline: try row.timestamp("deadline_at"), reason: try row.optionalText("job_reason"))
  }
}
