internal import Concurrency
package import JobModel
package import Model
internal import Placement
package import Postgres

/// The scheduler of one process: takes orders and reports, many in one transaction. Any number of processes
/// may use one database. This file is the API of creators and operators; `PostgresJobService+Workers.swift`
/// is that of workers.
package final class PostgresJobService: JobService {
  let repository: JobRepository
  let changes: ChangeHub
  let clock: any Clock<Duration> & Sendable
  private let random: @Sendable () -> UInt64
  private let submissions: GroupCommit<Submission, JobRepository.Submitted, PostgresError>
  let reports: GroupCommit<ReportCall, JobRepository.Reported, PostgresError>
  let heartbeats: GroupCommit<HeartbeatCall, [AttemptID], PostgresError>

  /// - Parameters:
  ///   - now: the time of this process; the tables have the database's time.
  ///   - random: the source of the jobs' ids.
  package init(
    _ pool: PostgresPool, clock: any Clock<Duration> & Sendable = ContinuousClock(),
    now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> UInt64
  ) {
    let repository = JobRepository(pool: pool, fleet: FleetCache(), now: now)
    self.repository = repository
    self.clock = clock
    self.random = random
    changes = ChangeHub(clock: clock)
    submissions = GroupCommit(confirm: { await repository.flush() }, { await repository.submit($0) })
    reports = GroupCommit { await repository.report($0) }
    heartbeats = GroupCommit(size: 1024) { await repository.recordHeartbeats($0) }
  }

  /// Reads the tables; required once before every other call.
  package func refresh() async throws(PostgresError) {
    try await repository.fleet.refresh(from: repository.pool, repository.now)
  }

  /// How often the tables are read, and how many times as long as reading them the pause must be.
  private static let refreshInterval = Duration.seconds(1)
  private static let refreshPauseFactor = 50

  /// Follows the tables until the task is cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [changes, repository] in await changes.run(repository.pool) }
      group.addTask { [self] in
        while !Task.isCancelled {
          let startedAt = ContinuousClock.now
          // A failure leaves what was read last; the next pass reads again.
          _ = try? await refresh()
          let duration = ContinuousClock.now - startedAt
          try? await clock.sleep(
            for: max(
              PostgresJobService.refreshInterval, duration * PostgresJobService.refreshPauseFactor))
        }
      }
    }
  }

  package func submit(_ order: JobOrder) async throws(JobError) -> Job {
    if let problem = order.problem { throw problem }
    let submission = Submission(order, at: repository.now(), random: random())
    guard submission.input.utf8.count <= JobOrder.maxInputBytes else {
      throw JobError(
        .invalid, field: "input", "it is longer than \(JobOrder.maxInputBytes) bytes",
        hint: "store large data elsewhere and refer to it")
    }
    let outcome = try await mappingErrors { () async throws(PostgresError) in
      try await submissions.commit(submission)
    }
    return try outcome.get()
  }

  package func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    guard let version else { return try await read(id, of: creator) }
    let newer = try await changes.wait(for: .job(id), timeout: timeout) {
      () async throws(JobError) -> Job? in
      let job = try await read(id, of: creator)
      return job.version > version ? job : nil
    }
    if let newer { return newer }
    return try await read(id, of: creator)
  }

  private func read(_ id: JobID, of creator: String?) async throws(JobError) -> Job {
    let job = try await mappingErrors { () async throws(PostgresError) in try await repository.job(id) }
    guard let job, creator == nil || job.creator == creator else {
      throw PostgresJobService.unknownJob(id)
    }
    return job
  }

  private static func unknownJob(_ id: JobID) -> JobError { JobError(.unknownJob, "there is no job \(id)") }

  package func jobs(_ query: JobQuery) async throws(JobError) -> [Job] {
    guard (1...200).contains(query.limit) else {
      throw JobError(.invalid, field: "limit", "it is a number from 1 to 200")
    }
    return try await mappingErrors { () async throws(PostgresError) in try await repository.jobs(query) }
  }

  package func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    let found = try await mappingErrors { () async throws(PostgresError) in
      try await repository.jobWithDecisions(id)
    }
    guard let (job, decisions) = found, creator == nil || job.creator == creator else {
      throw PostgresJobService.unknownJob(id)
    }
    var entries = zip(job.attempts, decisions).map { SchedulingTrace.Entry(attempt: $0, decision: $1) }
    if job.state == .pending {
      entries.append(SchedulingTrace.Entry(attempt: nil, decision: try await currentDecision(for: job)))
    }
    return SchedulingTrace(job: job, entries: entries)
  }

  /// Why the job waits; nil: its module was retired.
  private func currentDecision(for job: Job) async throws(JobError) -> PlacementDecision? {
    let avoided = try await mappingErrors { () async throws(PostgresError) in
      try await repository.failedNodes(of: job.id)
    }
    return repository.fleet.withState { state in
      state.modules[job.module].map { module in
        state.select(
          state.needs(of: module, isOverflow: job.isOverflow, avoiding: avoided), at: repository.now())
      }
    }
  }

  package func nodes() async throws(JobError) -> [NodeStatus] {
    try await mappingErrors { () async throws(PostgresError) in try await repository.nodes() }
  }

  package func cordon(node: String) async throws(JobError) -> NodeStatus { try await cordon(node, true) }
  package func uncordon(node: String) async throws(JobError) -> NodeStatus { try await cordon(node, false) }

  private func cordon(_ node: String, _ isCordoned: Bool) async throws(JobError) -> NodeStatus {
    try await mappingErrors { () async throws(PostgresError) in
      try await repository.cordon(node, isCordoned)
      try await refresh()
    }
    guard let status = try await nodes().first(where: { $0.name == node }) else {
      throw PostgresJobService.unknownNode(node)
    }
    return status
  }

  /// How often a job is read again whose state changes while it is cancelled.
  private static let cancelAttempts = 8

  package func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    for _ in 0..<PostgresJobService.cancelAttempts {
      let job = try await read(id, of: creator)
      switch job.state {
      case .cancelled: return job
      case .succeeded, .failed:
        throw JobError(.isOver, "job \(id) is over: it \(job.state == .failed ? "failed" : "succeeded")")
      case .pending:
        try await mappingErrors { () async throws(PostgresError) in
          try await repository.endPending([id], .cancelled(by: person))
        }
      case .dispatched, .running:
        try await mappingErrors { () async throws(PostgresError) in
          try await repository.requestCancel(id, by: person)
        }
        guard job.state == .dispatched else { return try await read(id, of: creator) }
        try await withdraw(id)
      }
    }
    return try await read(id, of: creator)
  }

  /// Ends an attempt that no worker has accepted.
  private func withdraw(_ id: JobID) async throws(JobError) {
    let open = try await mappingErrors { () async throws(PostgresError) in
      try await repository.openAttempt(of: id)
    }
    guard let open else { return }
    let call = ReportCall(attempt: open.attempt, node: open.node, event: .withdrawn)
    _ = try await mappingErrors { () async throws(PostgresError) in try await reports.commit(call) }
  }

  static func unknownNode(_ node: String) -> JobError {
    JobError(
      .unknownNode, field: "node", "there is no node ‘\(node)’",
      hint: "declare it with a Node manifest; its Scheduler reads it from there")
  }

  /// Reports errors of the database as `unavailable`.
  @discardableResult
  func mappingErrors<Output>(_ body: () async throws(PostgresError) -> Output) async throws(JobError)
    -> Output
  {
    do throws(PostgresError) {
      return try await body()
    } catch {
      throw JobError(.unavailable, "the database cannot do this now: \(error)", hint: "try again")
    }
  }
}
