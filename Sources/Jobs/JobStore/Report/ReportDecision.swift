import JobModel
import Ledger
import Model
import Placement

/// Decides what a batch of reports changes. Pure: `process` takes the reports in their order, each on what
/// those before it left; the other properties are what must be written then.
struct ReportDecision {
  /// What is known under the locks.
  struct Facts {
    var attempts: [AttemptID: AttemptRecord]
    /// The locked nodes, which are those of the reports that may end an attempt.
    var nodes: [Int64: FleetNode]
    /// Nil: no report depends on it, or the database cannot store preempted attempts.
    var platform: PlatformChanges?
    var time: Timestamp
    var escalation: Escalation
    var rates: TimeRates?
  }

  private let time: Timestamp
  private let escalation: Escalation
  private let rates: TimeRates?
  private let platform: PlatformChanges?
  private var attempts: [AttemptID: AttemptRecord]
  private var nodes: [Int64: FleetNode]
  private var changedAttemptIDs: Set<AttemptID> = []
  private var changedJobIDs: Set<AttemptID> = []
  private var changedNodeIDs: Set<Int64> = []
  /// Jobs that wait again.
  private(set) var requeued: [JobID] = []
  /// Jobs of preempted attempts, which wait again at their old places.
  private(set) var preempted: [JobID] = []
  /// What the ledger settles.
  private(set) var usage: [UsageEvent] = []

  init(_ facts: Facts) {
    (time, escalation, rates) = (facts.time, facts.escalation, facts.rates)
    (attempts, nodes, platform) = (facts.attempts, facts.nodes, facts.platform)
  }

  var changedAttempts: [AttemptRecord] { records(changedAttemptIDs) }
  /// Those whose job changed.
  var changedJobs: [AttemptRecord] { records(changedJobIDs) }
  /// Nodes with released capacity.
  var changedNodes: [FleetNode] { changedNodeIDs.sorted().compactMap { nodes[$0] } }

  private func records(_ ids: Set<AttemptID>) -> [AttemptRecord] {
    ids.compactMap { attempts[$0] }.sorted { $0.id.job < $1.id.job }
  }

  mutating func process(_ call: ReportCall) -> JobRepository.Reported {
    guard var record = attempts[call.attempt], record.node == call.node else {
      return .failure(JobError(.unknownJob, "this node has no attempt \(call.attempt)"))
    }
    switch call.event {
    case .leaseExpired:
      guard record.isCurrent, record.leaseUntil <= time else { return reply(record) }
      return end(&record, isPlatformsChange(of: record) ? .preempted(ReportDecision.expiredReason) : .lost)
    case .preempted(let reason, let evenIfAccepted):
      guard platform != nil, record.isCurrent, evenIfAccepted || record.state == .dispatched else {
        return reply(record)
      }
      return end(&record, .preempted(reason))
    case .withdrawn:
      guard record.isCurrent, record.state == .dispatched else { return reply(record) }
      return end(&record, .failed("withdrawn", isFinal: true), as: .cancelled)
    case .reported(let event):
      return record.isCurrent ? process(event, &record) : processLate(event, record)
    }
  }

  /// From this attempt on, an interruption counts as a failure, so that a worker that interrupts every
  /// attempt does not keep a job for ever.
  private static let interruptedLimit = 32

  private static let expiredReason = "its lease expired while the platform changed its place"

  /// Whether the platform changes or removes the place that the attempt runs in.
  private func isPlatformsChange(of record: AttemptRecord) -> Bool {
    platform?.concern(record, on: nodes[record.node]?.name ?? "") ?? false
  }

  /// An attempt that has ended: repeating the report of its end is no error, every other report is too late.
  private func processLate(_ event: WorkReport.Event, _ record: AttemptRecord) -> JobRepository.Reported {
    switch (event, record.state) {
    case (.succeed, .succeeded), (.fail, .failed), (.fail, .cancelled), (.interrupt, .failed),
      (.interrupt, .preempted), (.interrupt, .cancelled):
      return reply(record)
    default:
      return .failure(
        JobError(
          .superseded, "attempt \(record.id) has ended: \(record.reason ?? record.state.rawValue)",
          hint: "stop it; its work does not count"))
    }
  }

  private mutating func process(_ event: WorkReport.Event, _ record: inout AttemptRecord)
    -> JobRepository.Reported
  {
    let wasDispatched = record.state == .dispatched
    record.start(at: time)
    switch event {
    case .accept:
      if wasDispatched { changedJobIDs.insert(record.id) }
    case .progress(let units, let usage, let note):
      record.meter(units: units, usage, at: time)
      record.note = note ?? record.note
      changedJobIDs.insert(record.id)
    case .succeed(let units, let usage, let output, let artefacts):
      record.meter(units: units, usage, at: time)
      record.job.output = output?.json
      record.job.artefacts = artefacts.isEmpty ? nil : Value.array(artefacts.map(\.value)).json
      return end(&record, .succeeded)
    case .fail(let reason, let usage, let isFinal):
      record.meter(units: record.units, usage, at: time)
      return end(&record, .failed(reason, isFinal: isFinal))
    case .interrupt(let interruption, let reason, let usage):
      record.meter(units: record.units, usage, at: time)
      let isPreempted =
        platform != nil
        && (isPlatformsChange(of: record)
          || interruption == .byPlatform && record.id.number < ReportDecision.interruptedLimit)
      return end(&record, isPreempted ? .preempted(reason) : .failed(reason, isFinal: false))
    }
    renewLease(&record)
    attempts[record.id] = record
    changedAttemptIDs.insert(record.id)
    return reply(record)
  }

  /// How long a worker may take to stop an attempt.
  private static let stopGrace = TimeSpan(seconds: 10)

  /// The lease ends when the attempt must stop, plus the time that stopping takes.
  private func renewLease(_ record: inout AttemptRecord) {
    let lease = escalation.settings.lease
    let last = record.stopAt + min(lease, ReportDecision.stopGrace)
    record.leaseUntil = max(record.leaseUntil, min(time + lease, last))
  }

  private func reply(_ record: AttemptRecord) -> JobRepository.Reported {
    .success(
      WorkReply(
        leaseUntil: record.leaseUntil, stops: record.endedAt == nil && facts(of: record).mustStop))
  }

  private func facts(of record: AttemptRecord) -> JobOutcome.Facts {
    let job = record.job
    return JobOutcome.Facts(
      units: job.units, unitPrice: job.unitPrice, held: job.held, doneUnits: record.units,
      usage: record.usage,
      cancelledBy: job.cancelledBy, isOverflow: job.isOverflow, failedNodes: job.failedNodes.count,
      stopAt: record.stopAt, deadline: job.deadline, now: time, escalation: escalation, rates: rates)
  }

  /// - Parameter state: the attempt's state where it is not the one of `end`.
  private mutating func end(_ record: inout AttemptRecord, _ end: AttemptEnd, as state: AttemptState? = nil)
    -> JobRepository.Reported
  {
    if end.isFailure, !record.job.failedNodes.contains(record.node) {
      record.job.failedNodes.append(record.node)
    }
    let facts = facts(of: record)
    let outcome = JobOutcome.of(end, facts)
    record.state = state ?? end.state
    record.endedAt = time
    switch end {
    case .succeeded: break
    case .failed(let reason, _), .preempted(let reason): record.reason = reason
    case .lost: record.reason = "its lease expired without a report"
    }
    switch outcome {
    case .over(let state, let reason, let cost):
      if state == .cancelled { record.state = .cancelled }
      (record.job.state, record.job.reason) = (state, reason)
      (record.job.cost, record.job.finishedAt) = (cost, time)
      settle(record, cost)
    case .retry(let escalates):
      record.job.state = .pending
      record.job.isOverflow = record.job.isOverflow || escalates
      requeued.append(record.id.job)
    case .requeue:
      record.job.state = .pending
      record.pay = facts.cost
      preempted.append(record.id.job)
    }
    nodes[record.node]?.release(record.claim)
    changedNodeIDs.insert(record.node)
    attempts[record.id] = record
    changedAttemptIDs.insert(record.id)
    changedJobIDs.insert(record.id)
    return reply(record)
  }

  /// Records what the job costs; the ledger frees the rest of the hold when it settles that.
  private mutating func settle(_ record: AttemptRecord, _ cost: Credits) {
    usage.append(
      UsageEvent(
        attempt: record.id.description, job: record.id.job.text, module: record.job.module,
        account: record.job.account, hold: record.job.hold, node: nodes[record.node]?.owner ?? "",
        developer: record.job.developer,
        usage: LedgerRules.Usage(gpu: record.usage.gpu, cpu: record.usage.cpu), price: cost))
    nodes[record.node]?.earned += cost.micro
  }
}
