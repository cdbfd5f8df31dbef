import JobModel
import Model
import Placement
import Postgres

/// A job and one attempt at it, as they stand under their locks.
struct OpenWork {
  let id: AttemptID
  var job: OpenJob
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

  struct OpenJob {
    let account: String
    let module: String
    let developer: String
    let units: Int64
    let unitPrice: Credits?
    let hold: Int64
    let held: Credits
    var state: JobState
    /// Of its newest attempt.
    let attempts: Int
    var failedNodes: [Int64]
    var isOverflow: Bool
    let cancelledBy: String?
    let deadline: Timestamp
    var reason: String?
    var output: String?
    var artefacts: String?
    var cost = Credits(micro: 0)
    var finishedAt: Timestamp?
  }

  /// Locks the jobs. `$1` jobs, `$2` attempts' numbers.
  static let locking = """
    SELECT j.id, w.number, (SELECT name FROM accounts WHERE id = j.account), j.module, j.developer, j.units,
      j.unit_price_micro, j.hold, j.held_micro, j.state, j.attempts, j.failed_nodes, j.is_overflow, j.cancelled_by,
      j.deadline_at, w.node, w.gpu, w.gpu_memory, w.cores, w.state, w.started_at, w.ended_at, w.lease_until, w.stop_at,
      w.units, w.gpu_ms, w.cpu_ms, w.note, w.reason, j.reason
    FROM unnest($1::text[], $2::int[]) u (job, number)
    JOIN jobs j ON j.id = u.job
    JOIN job_attempts w ON w.job = u.job AND w.number = u.number
    ORDER BY j.id FOR NO KEY UPDATE OF j, w
    """

  init?(_ row: Row) throws(PostgresError) {
    guard let job = JobID(try row.text(0)), let jobState = JobState(rawValue: try row.text(9)),
      let state = AttemptState(rawValue: try row.text(19))
    else { return nil }
    id = AttemptID(job, Int(try row.int(1)))
    self.job = OpenJob(
      account: try row.text(2), module: try row.text(3), developer: try row.text(4), units: try row.int(5),
      unitPrice: try row.optionalInt(6).map { Credits(micro: $0) }, hold: try row.int(7),
      held: Credits(micro: try row.int(8)), state: jobState, attempts: Int(try row.int(10)),
      failedNodes: try row.intArray(11), isOverflow: try row.bool(12),
      cancelledBy: try row.optionalText(13), deadline: try row.timestamp(14))
    self.job.reason = try row.optionalText(29)
    node = try row.int(15)
    claim = Claim(
      gpu: try row.optionalInt(16).map { Int($0) }, gpuMemory: try row.int(17), cores: try row.int(18))
    self.state = state
    startedAt = try row.optionalTimestamp(20)
    endedAt = try row.optionalTimestamp(21)
    leaseUntil = try row.timestamp(22)
    stopAt = try row.timestamp(23)
    units = try row.int(24)
    usage = WorkUsage(gpu: try row.int(25), cpu: try row.int(26))
    note = try row.optionalText(27)
    reason = try row.optionalText(28)
  }

  /// Whether it is what the job waits for.
  var isCurrent: Bool {
    endedAt == nil && job.attempts == id.number && (job.state == .dispatched || job.state == .running)
  }

  func facts(now: Timestamp, _ settings: SchedulerSettings, hasOverflow: Bool, _ rates: TimeRates?)
    -> JobVerdict.Facts
  {
    JobVerdict.Facts(
      units: job.units, unitPrice: job.unitPrice, held: job.held, doneUnits: units, usage: usage,
      cancelledBy: job.cancelledBy, isOverflow: job.isOverflow, failedNodes: job.failedNodes.count,
      stopAt: stopAt, deadline: job.deadline, now: now, settings: settings, hasOverflow: hasOverflow,
      rates: rates)
  }

  /// What a worker says it used, bounded by what it can have used since it began.
  mutating func meter(units told: Int64, _ used: WorkUsage, at time: Timestamp) {
    let elapsed = max((time - (startedAt ?? time)).milliseconds, 0)
    let width = max(claim.cores, 1000)
    units = min(max(told, units), job.units)
    usage.gpu = claim.gpu == nil ? 0 : min(max(used.gpu, usage.gpu), elapsed)
    usage.cpu = min(max(used.cpu, usage.cpu), elapsed * width / 1000)
  }
}
