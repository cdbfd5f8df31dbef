internal import Concurrency
package import JobModel
internal import Ledger
package import Model
internal import Placement
package import Postgres

/// The scheduler as one process has it: takes orders and reports, many in one transaction. Any number of processes may do so
/// on one database.
package final class PostgresJobService: JobService, WorkerAPI {
  let books: JobRepository
  let hub: ChangeHub
  let clock: any Clock<Duration> & Sendable
  private let random: @Sendable () -> UInt64
  private let submissions: GroupCommit<Submission, JobRepository.Submitted, PostgresError>
  private let reports: GroupCommit<JobRepository.ReportCall, JobRepository.Reported, PostgresError>
  private let heartbeats: GroupCommit<JobRepository.HeartbeatCall, [AttemptID], PostgresError>

  /// - Parameters:
  ///   - now: of this process; what counts in the tables is the database's time.
  ///   - random: where names of jobs come from.
  package init(
    _ pool: PostgresPool, clock: any Clock<Duration> & Sendable = ContinuousClock(),
    now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> UInt64
  ) {
    let books = JobRepository(pool: pool, mirror: FleetMirror(), now: now)
    self.books = books
    self.clock = clock
    self.random = random
    hub = ChangeHub(clock: clock)
    submissions = GroupCommit(confirm: { await books.flush() }, { await books.submit($0) })
    reports = GroupCommit { await books.report($0) }
    heartbeats = GroupCommit(size: 1024) { await books.hear($0) }
  }

  /// Learns what is in the tables; needed before anything else.
  package func refresh() async throws(PostgresError) {
    try await books.mirror.refresh(from: books.pool, books.now)
  }

  /// How often the tables are looked at, and how much of the time that may take.
  private static let refreshPause = Duration.seconds(1)
  private static let refreshShare = 50

  /// Keeps up with the tables until it is cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [hub, books] in await hub.run(books.pool) }
      group.addTask { [self] in
        while !Task.isCancelled {
          let began = ContinuousClock.now
          // What cannot be read now is read the next time.
          _ = try? await refresh()
          let took = ContinuousClock.now - began
          try? await clock.sleep(
            for: max(PostgresJobService.refreshPause, took * PostgresJobService.refreshShare))
        }
      }
    }
  }

  // MARK: Creators

  package func submit(_ order: JobOrder) async throws(JobError) -> Job {
    if let problem = order.problem { throw problem }
    let submission = Submission(order, at: books.now(), random: random())
    guard submission.input.utf8.count <= JobOrder.mostInput else {
      throw JobError(
        .invalid, field: "input", "it is longer than \(JobOrder.mostInput) bytes",
        hint: "keep what is large elsewhere and refer to it")
    }
    let outcome = try await available { () async throws(PostgresError) in
      try await submissions.commit(submission)
    }
    return try outcome.get()
  }

  package func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    guard let version else { return try await look(at: id, of: creator) }
    let newer = try await hub.wait(for: .job(id), timeout: timeout) { () async throws(JobError) -> Job? in
      let job = try await look(at: id, of: creator)
      return job.version > version ? job : nil
    }
    if let newer { return newer }
    return try await look(at: id, of: creator)
  }

  private func look(at id: JobID, of creator: String?) async throws(JobError) -> Job {
    let job = try await available { () async throws(PostgresError) in try await books.job(id) }
    guard let job, creator == nil || job.creator == creator else { throw PostgresJobService.unknown(id) }
    return job
  }

  private static func unknown(_ id: JobID) -> JobError { JobError(.unknownJob, "there is no job \(id)") }

  package func jobs(_ query: JobQuery) async throws(JobError) -> [Job] {
    guard (1...200).contains(query.limit) else {
      throw JobError(.invalid, field: "limit", "it is a number from 1 to 200")
    }
    return try await available { () async throws(PostgresError) in try await books.jobs(query) }
  }

  package func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    // A job may change places meanwhile: it is looked at until it is over or its worker knows.
    for _ in 0..<8 {
      let job = try await look(at: id, of: creator)
      switch job.state {
      case .cancelled: return job
      case .succeeded, .failed:
        throw JobError(.isOver, "job \(id) is over: it \(job.state == .failed ? "failed" : "succeeded")")
      case .pending:
        try await available { () async throws(PostgresError) in
          try await books.endPending([id], as: .cancelled, because: "cancelled by \(person)")
        }
      case .dispatched, .running:
        try await available { () async throws(PostgresError) in
          try await books.requestCancel(id, by: person)
        }
        guard job.state == .dispatched else { return try await look(at: id, of: creator) }
        try await withdraw(id)
      }
    }
    return try await look(at: id, of: creator)
  }

  /// What no worker has begun need not be waited for.
  private func withdraw(_ id: JobID) async throws(JobError) {
    let open = try await available { () async throws(PostgresError) in try await books.openAttempt(of: id) }
    guard let open else { return }
    let call = JobRepository.ReportCall(attempt: open.attempt, node: open.node, word: .withdrawn)
    _ = try await available { () async throws(PostgresError) in try await reports.commit(call) }
  }

  package func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    let found = try await available { () async throws(PostgresError) in try await books.chapters(of: id) }
    guard let (job, decisions) = found, creator == nil || job.creator == creator else {
      throw PostgresJobService.unknown(id)
    }
    var entries = zip(job.attempts, decisions).map { SchedulingTrace.Entry(attempt: $0, decision: $1) }
    if job.state == .pending {
      let avoided = try await available { () async throws(PostgresError) in
        try await books.failedNodes(of: id)
      }
      // Nil where the module was retired.
      let decision = books.mirror.read { state -> PlacementDecision? in
        guard let module = state.modules[job.module] else { return nil }
        let waiting = JobRepository.Waiting(
          job: id, module: job.module, isOverflow: job.isOverflow, failedNodes: avoided, held: job.held,
          deadline: job.deadline)
        return state.fleet.select(
          module.needs(of: waiting), state.settings, now: state.databaseTime(books.now()))
      }
      entries.append(SchedulingTrace.Entry(attempt: nil, decision: decision))
    }
    return SchedulingTrace(job: job, entries: entries)
  }

  package func nodes() async throws(JobError) -> [NodeStatus] {
    try await available { () async throws(PostgresError) in try await books.nodes() }
  }

  package func cordon(node: String) async throws(JobError) -> NodeStatus { try await cordon(node, true) }
  package func uncordon(node: String) async throws(JobError) -> NodeStatus { try await cordon(node, false) }

  private func cordon(_ node: String, _ isCordoned: Bool) async throws(JobError) -> NodeStatus {
    try await available { () async throws(PostgresError) in try await books.cordon(node, isCordoned) }
    try await available { () async throws(PostgresError) in try await refresh() }
    guard let status = try await nodes().first(where: { $0.name == node }) else {
      throw PostgresJobService.unknownNode(node)
    }
    return status
  }

  // MARK: Workers

  package func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms {
    _ = try await self.heartbeat(heartbeat)
    let node = try await id(of: heartbeat.node)
    let accepted = try await available { () async throws(PostgresError) in
      try await books.attempts(on: node, in: .running, most: 10_000)
    }
    let settings = books.mirror.read { $0.settings }
    return WorkTerms(
      heartbeatEvery: TimeSpan(milliseconds: settings.offlineAfter.milliseconds / 3), lease: settings.lease,
      accepted: accepted.map(\.attempt))
  }

  package func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID] {
    let node = try await id(of: heartbeat.node)
    let isFirst = books.mirror.read { state in state.fleet[node].map { $0.lastHeartbeatAt == nil } ?? false }
    let stops = try await available { () async throws(PostgresError) in
      try await heartbeats.commit(JobRepository.HeartbeatCall(node: node, heartbeat: heartbeat))
    }
    if isFirst { hub.tell(.pending) }
    return stops
  }

  package func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    let node = try await id(of: node)
    var seen: [WorkOrder] = []
    let orders = try await hub.wait(for: .node(node), timeout: timeout) {
      () async throws(JobError) -> [WorkOrder]? in
      seen = try await available { () async throws(PostgresError) in
        try await books.attempts(on: node, in: .dispatched, most: limit)
      }
      return seen.allSatisfy { known.contains($0.attempt) } ? nil : seen
    }
    return orders ?? seen
  }

  package func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    let node = try await id(of: node)
    let call = JobRepository.ReportCall(attempt: report.attempt, node: node, word: .told(report.event))
    let outcome = try await available { () async throws(PostgresError) in try await reports.commit(call) }
    return try outcome.get()
  }

  /// Looks at the tables where the node is not known yet, or has left and goes on with what it has.
  private func id(of node: String) async throws(JobError) -> Int64 {
    if let id = books.mirror.read({ $0.fleet.node(named: node)?.id }) { return id }
    let found = try await available { () async throws(PostgresError) in try await books.node(named: node) }
    guard let found else { throw PostgresJobService.unknownNode(node) }
    if !found.isRetired { try await available { () async throws(PostgresError) in try await refresh() } }
    return found.id
  }

  private static func unknownNode(_ node: String) -> JobError {
    JobError(
      .unknownNode, field: "node", "there is no node ‘\(node)’",
      hint: "declare it with a Node manifest; its Scheduler learns of it from there")
  }

  @discardableResult
  private func available<Output>(_ body: () async throws(PostgresError) -> Output) async throws(JobError)
    -> Output
  {
    do throws(PostgresError) {
      return try await body()
    } catch {
      throw JobError(.unavailable, "the database does not do this now: \(error)", hint: "try again")
    }
  }
}
