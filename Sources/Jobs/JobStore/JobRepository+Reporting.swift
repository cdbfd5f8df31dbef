import JobModel
import Ledger
import Model
import Placement
import Postgres

/// What workers say of attempts, and what follows when one is silent.
extension JobRepository {
  typealias Reported = Result<WorkReply, JobError>

  struct ReportCall: Sendable {
    enum Word: Sendable {
      case told(WorkReport.Event)
      /// Looked at because its lease seems over.
      case overdue
      /// Taken back before it began.
      case withdrawn
    }

    let attempt: AttemptID
    let node: Int64
    let word: Word
  }

  /// In their order, each seeing what those before it did.
  func report(_ calls: [ReportCall]) async -> Result<[Reported], PostgresError> {
    do throws(PostgresError) {
      let (outcomes, rooms) = try await pool.transaction {
        transaction throws(PostgresError) -> ([Reported], [FleetNode]) in
        var ledger = try await ReportLedger(calls, transaction, mirror)
        var outcomes: [Reported] = []
        for call in calls { outcomes.append(ledger.take(call)) }
        let statements = ledger.statements
        if !statements.isEmpty { try await transaction.pipeline(statements) }
        return (outcomes, ledger.changedRooms)
      }
      mirror.learn(rooms)
      return .success(outcomes)
    } catch {
      return .failure(error)
    }
  }

  /// Attempts that said nothing until their lease ended, oldest first; for `report`.
  func overdue(most: Int) async throws(PostgresError) -> [ReportCall] {
    let rows = try await pool.query(
      """
      SELECT job, number, node FROM job_attempts WHERE ended_at IS NULL AND lease_until <= clock_timestamp()
      ORDER BY lease_until LIMIT $1
      """, [.int(Int64(most))])
    var calls: [ReportCall] = []
    for row in rows {
      guard let job = JobID(try row.text(0)) else { continue }
      calls.append(
        ReportCall(attempt: AttemptID(job, Int(try row.int(1))), node: try row.int(2), word: .overdue))
    }
    return calls
  }
}

/// One batch of reports: what was read, what changes of it, and what is to be written.
private struct ReportLedger {
  private var works: [AttemptID: OpenWork] = [:]
  private var rooms: [Int64: FleetNode]
  private let time: Timestamp
  private let settings: SchedulerSettings
  private let rates: TimeRates?
  private let hasOverflow: Bool
  private let owners: [Int64: String]
  private var changedWorks: Set<AttemptID> = []
  private var changedJobs: Set<AttemptID> = []
  private var freed: Set<Int64> = []
  private var again: [JobID] = []
  private var usage: [UsageEvent] = []

  init(_ calls: [JobRepository.ReportCall], _ transaction: PostgresTransaction, _ mirror: FleetMirror)
    async throws(PostgresError)
  {
    // The nodes that may get something back; theirs are locked behind the jobs.
    let ending = calls.filter(\.mayEnd).map(\.node)
    let answers = try await transaction.pipeline([
      Statement(
        OpenWork.locking,
        [.textArray(calls.map(\.attempt.job.text)), .intArray(calls.map { Int64($0.attempt.number) })]),
      JobRepository.lockNodes(Set(ending)), JobRepository.clock,
      Statement(
        "SELECT EXISTS (SELECT 1 FROM scheduler_nodes WHERE is_overflow AND retired_at IS NULL)"),
      Statement(
        "SELECT id, owner FROM scheduler_nodes WHERE id = ANY ($1::bigint[])", [.intArray(ending)]),
    ])
    for row in answers[0] {
      if let work = try OpenWork(row) { works[work.id] = work }
    }
    rooms = try JobRepository.rooms(answers[1])
    time = try answers[2].only().timestamp(0)
    hasOverflow = try answers[3].only().bool(0)
    var owners: [Int64: String] = [:]
    for row in answers[4] { owners[try row.int(0)] = try row.text(1) }
    self.owners = owners
    (settings, rates) = mirror.read { ($0.settings, $0.rates) }
  }

  var changedRooms: [FleetNode] { freed.sorted().compactMap { rooms[$0] } }

  mutating func take(_ call: JobRepository.ReportCall) -> JobRepository.Reported {
    guard var work = works[call.attempt], work.node == call.node else {
      return .failure(JobError(.unknownJob, "this node has no attempt \(call.attempt)"))
    }
    switch call.word {
    case .overdue:
      guard work.isCurrent, work.leaseUntil <= time else { return reply(work) }
      return end(&work, .lost)
    case .withdrawn:
      guard work.isCurrent, work.state == .dispatched else { return reply(work) }
      return end(&work, .failed("withdrawn", isFinal: true), as: .cancelled)
    case .told(let event):
      guard work.isCurrent else { return late(work, event) }
      return take(event, &work)
    }
  }

  /// Of an attempt that has ended: the same word again is no error, any other comes too late.
  private func late(_ work: OpenWork, _ event: WorkReport.Event) -> JobRepository.Reported {
    switch (event, work.state) {
    case (.succeed, .succeeded), (.fail, .failed), (.fail, .cancelled): return reply(work)
    default:
      return .failure(
        JobError(
          .superseded, "attempt \(work.id) has ended: \(work.reason ?? work.state.rawValue)",
          hint: "stop it; nothing it did counts"))
    }
  }

  private mutating func take(_ event: WorkReport.Event, _ work: inout OpenWork) -> JobRepository.Reported {
    switch event {
    case .accept:
      if work.state == .dispatched {
        work.state = .running
        work.startedAt = time
        work.job.state = .running
        changedJobs.insert(work.id)
      }
      renew(&work)
    case .progress(let units, let usage, let note):
      begin(&work)
      work.meter(units: units, usage, at: time)
      work.note = note ?? work.note
      changedJobs.insert(work.id)
      renew(&work)
    case .succeed(let units, let usage, let output, let artefacts):
      begin(&work)
      work.meter(units: units, usage, at: time)
      work.job.output = output?.json
      work.job.artefacts = artefacts.isEmpty ? nil : Value.array(artefacts.map(\.value)).json
      return end(&work, .succeeded)
    case .fail(let reason, let usage, let isFinal):
      begin(&work)
      work.meter(units: work.units, usage, at: time)
      return end(&work, .failed(reason, isFinal: isFinal))
    }
    works[work.id] = work
    changedWorks.insert(work.id)
    return reply(work)
  }

  /// A word about an attempt that was never accepted says that it began.
  private func begin(_ work: inout OpenWork) {
    guard work.state == .dispatched else { return }
    work.state = .running
    work.startedAt = work.startedAt ?? time
    work.job.state = .running
  }

  /// Not beyond the moment at which it must stop, but for the time that takes.
  private func renew(_ work: inout OpenWork) {
    let last = work.stopAt + min(settings.lease, TimeSpan(seconds: 10))
    work.leaseUntil = max(work.leaseUntil, min(time + settings.lease, last))
  }

  private func reply(_ work: OpenWork) -> JobRepository.Reported {
    let facts = work.facts(now: time, settings, hasOverflow: hasOverflow, rates)
    return .success(
      WorkReply(leaseUntil: work.leaseUntil, stops: work.endedAt != nil ? false : facts.mustStop))
  }

  private mutating func end(_ work: inout OpenWork, _ end: AttemptEnd, as state: AttemptState? = nil)
    -> JobRepository.Reported
  {
    if end != .succeeded, !work.job.failedNodes.contains(work.node) { work.job.failedNodes.append(work.node) }
    let verdict = JobVerdict.of(
      end, work.facts(now: time, settings, hasOverflow: hasOverflow, rates))
    work.state = state ?? end.state
    work.endedAt = time
    switch end {
    case .succeeded: break
    case .failed(let reason, _): work.reason = reason
    case .lost: work.reason = "its lease ended without a word"
    }
    switch verdict {
    case .over(let state, let reason, let cost):
      if state == .cancelled { work.state = .cancelled }
      (work.job.state, work.job.reason, work.job.cost, work.job.finishedAt) = (state, reason, cost, time)
      settle(work, cost)
    case .again(let escalated):
      work.job.state = .pending
      work.job.isOverflow = work.job.isOverflow || escalated
      again.append(work.id.job)
    }
    rooms[work.node]?.release(work.claim)
    freed.insert(work.node)
    works[work.id] = work
    changedWorks.insert(work.id)
    changedJobs.insert(work.id)
    return reply(work)
  }

  /// Whatever the hold does not pay is free again once this is settled.
  private mutating func settle(_ work: OpenWork, _ cost: Credits) {
    let owner = owners[work.node] ?? ""
    usage.append(
      UsageEvent(
        attempt: work.id.description, job: work.id.job.text, module: work.job.module,
        account: work.job.account, hold: work.job.hold, node: owner, developer: work.job.developer,
        usage: LedgerRules.Usage(gpu: work.usage.gpu, cpu: work.usage.cpu), price: cost))
    rooms[work.node]?.earned += cost.micro
  }

  var statements: [Statement] {
    guard !changedWorks.isEmpty else { return [] }
    let works = changedWorks.compactMap { self.works[$0] }.sorted { $0.id.job < $1.id.job }
    let jobs = changedJobs.compactMap { self.works[$0] }.sorted { $0.id.job < $1.id.job }
    var statements = [OpenWork.keepAttempts(works)]
    if !jobs.isEmpty { statements.append(OpenWork.keepJobs(jobs)) }
    if !again.isEmpty {
      statements.append(
        Statement(JobRepository.queueing, [.timestamp(time), .textArray(again.map(\.text).sorted())]))
    }
    if !freed.isEmpty { statements.append(JobRepository.keep(changedRooms, earned: time)) }
    if !usage.isEmpty { statements.append(LedgerStore.recording(usage)) }
    if let notice = JobRepository.notify(JobRepository.jobsChannel, jobs.map(\.id.job)) {
      statements.append(notice)
    }
    if !freed.isEmpty {
      statements.append(JobRepository.noticeOfPending)
    }
    return statements
  }
}

extension JobRepository.ReportCall {
  /// Whether its node may get something back.
  var mayEnd: Bool {
    switch word {
    case .overdue, .withdrawn, .told(.succeed), .told(.fail): true
    case .told: false
    }
  }
}
