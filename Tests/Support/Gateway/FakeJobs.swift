package import JobModel
package import Model
internal import Synchronization

/// Jobs and workers in memory. Every job goes to one node, costs nothing and ends as its worker reports.
/// Every module but `nope` exists.
package final class FakeJobs: JobService, WorkerAPI {
  private struct State {
    var jobs: [JobID: Job] = [:]
    var order: [JobID] = []
    var held: Set<String> = []
    var heartbeats: [String: WorkerHeartbeat] = [:]
    var next: UInt64 = 0
  }

  package let node: String
  private let keeps: Bool
  private let now: @Sendable () -> Timestamp
  private let state = Mutex(State())
  private let changes = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])
  private let listeners = Atomic<Int>(0)
  private let reads = Atomic<Int>(0)

  /// The number of calls of `work`.
  package var workReads: Int { reads.load(ordering: .relaxed) }

  /// - Parameter keeps: whether jobs are remembered.
  package init(node: String = "north", keeps: Bool = true, now: @escaping @Sendable () -> Timestamp) {
    self.node = node
    self.keeps = keeps
    self.now = now
  }

  // MARK: Jobs

  package func submit(_ order: JobOrder) async throws(JobError) -> Job {
    guard order.module != "nope" else {
      throw JobError(.unknownModule, field: "module", "there is no such module")
    }
    if order.creator == "poor" { throw JobError(.insufficientCredit, "the account holds too little") }
    let time = now()
    let result = state.withLock { state -> Result<Job, JobError> in
      state.next += 1
      let id =
        order.key.map { JobID(account: order.creator, key: $0) } ?? JobID(at: time, random: state.next)
      if let job = state.jobs[id] {
        guard job.input == order.input, job.units == order.units else {
          return .failure(JobError(.keyReused, field: "key", "the key stands for another order"))
        }
        return .success(job)
      }
      let job = Job(
        id: id, version: 1, creator: order.creator, module: order.module, image: FakeJobs.image,
        input: order.input, units: order.units, unitPrice: nil, held: Credits(micro: 100_000),
        cost: Credits(micro: 0), priority: order.priority, state: .dispatched, reason: nil, output: nil,
        artefacts: [], isOverflow: false, submittedAt: time, deadline: time + TimeSpan(seconds: 3600),
        finishedAt: nil,
        attempts: [
          JobAttempt(
            number: 1, node: node, state: .dispatched, reason: nil, note: nil, units: 0, usage: WorkUsage(),
            dispatchedAt: time, startedAt: nil, endedAt: nil)
        ])
      if keeps {
        state.jobs[id] = job
        state.order.append(id)
      }
      return .success(job)
    }
    notify()
    return try result.get()
  }

  package func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    let find: @Sendable () -> Job? = { [self] in state.withLock { $0.jobs[id] } }
    await wait(timeout) { find().map { version == nil || $0.version > version ?? 0 } ?? true }
    guard let job = find(), creator == nil || job.creator == creator else { throw FakeJobs.unknown }
    return job
  }

  package func jobs(_ query: JobQuery) async throws(JobError) -> [Job] {
    state.withLock { state in
      let all = state.order.reversed().compactMap { state.jobs[$0] }
      let from = query.before.map { before in all.drop { $0.id != before }.dropFirst() } ?? all[...]
      return from.filter { job in
        (query.creator ?? job.creator) == job.creator && (query.state ?? job.state) == job.state
          && (query.module ?? job.module) == job.module
      }.prefix(query.limit).map { job in
        var job = job
        job.attempts = []
        return job
      }
    }
  }

  package func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    try change(id) { job throws(JobError) in
      guard creator == nil || job.creator == creator else { throw FakeJobs.unknown }
      if job.state == .cancelled { return }
      guard !job.state.isOver else { throw JobError(.isOver, "the job is over") }
      job.state = .cancelled
      job.reason = "cancelled by \(person)"
      job.finishedAt = now()
    }
  }

  package func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    let job = try await job(id, of: creator)
    let decision = PlacementDecision(
      nodes: 2, removed: [.offline: 1], passed: 1,
      front: [PlacementDecision.Candidate(node: 1, name: node, latency: 900, earnings: 0, score: 10)],
      frontCount: 1)
    return SchedulingTrace(
      job: job, entries: [SchedulingTrace.Entry(attempt: job.attempts.first, decision: decision)])
  }

  package func nodes() async throws(JobError) -> [NodeStatus] { [status] }

  package func cordon(node: String) async throws(JobError) -> NodeStatus { try mark(node, true) }
  package func uncordon(node: String) async throws(JobError) -> NodeStatus { try mark(node, false) }

  private func mark(_ node: String, _ isHeld: Bool) throws(JobError) -> NodeStatus {
    guard node == self.node else { throw JobError(.unknownNode, "there is no such node") }
    state.withLock { state in
      if isHeld { state.held.insert(node) } else { state.held.remove(node) }
    }
    return status
  }

  private var status: NodeStatus {
    let (isHeld, heartbeat) = state.withLock { ($0.held.contains(node), $0.heartbeats[node]) }
    var status = NodeStatus(id: 1, name: node, owner: "olga", cores: 8000, slots: 4, memory: 1 << 34)
    status.images = Set(heartbeat?.images ?? [])
    status.labels = ["zone": "a"]
    status.isCordonedByOperator = isHeld
    status.report = heartbeat?.report
    status.isOnline = heartbeat != nil
    return status
  }

  // MARK: Work

  package func register(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> WorkTerms {
    _ = try await self.heartbeat(heartbeat)
    let accepted = state.withLock { state in
      state.order.filter { state.jobs[$0]?.state == .running }.map { AttemptID($0, 1) }
    }
    return WorkTerms(
      heartbeatEvery: TimeSpan(seconds: 1), lease: TimeSpan(seconds: 5), accepted: accepted)
  }

  package func heartbeat(_ heartbeat: WorkerHeartbeat) async throws(JobError) -> [AttemptID] {
    guard heartbeat.node == node else { throw JobError(.unknownNode, "there is no such node") }
    return state.withLock { state in
      state.heartbeats[heartbeat.node] = heartbeat
      return state.order.filter { state.jobs[$0]?.state == .cancelled }.suffix(100).map { AttemptID($0, 1) }
    }
  }

  package func work(for node: String, limit: Int, excluding known: Set<AttemptID>, timeout: Duration)
    async throws(JobError) -> [WorkOrder]
  {
    reads.add(1, ordering: .relaxed)
    guard node == self.node else { throw JobError(.unknownNode, "there is no such node") }
    let find: @Sendable () -> [WorkOrder] = { [self] in
      state.withLock { state in
        let waiting = state.order.compactMap { state.jobs[$0] }.filter { $0.state == .dispatched }
        return waiting.prefix(limit).map { FakeJobs.order($0) }
      }
    }
    await wait(timeout) { !find().allSatisfy { known.contains($0.attempt) } }
    return find()
  }

  package func report(_ report: WorkReport, from node: String) async throws(JobError) -> WorkReply {
    guard report.attempt.number == 1, node == self.node else {
      throw JobError(.superseded, "the attempt is not the job's own any longer")
    }
    let job = try change(report.attempt.job) { job throws(JobError) in
      if job.state == .cancelled { return }
      guard !job.state.isOver else { throw JobError(.superseded, "the job has ended") }
      switch report.event {
      case .accept: job.state = .running
      case .progress(let units, let usage, let note):
        job.attempts[0].units = units
        job.attempts[0].usage = usage
        job.attempts[0].note = note
      case .succeed(let units, let usage, let output, let artefacts):
        job.attempts[0].units = units
        job.attempts[0].usage = usage
        job.state = .succeeded
        job.output = output
        job.artefacts = artefacts
        job.finishedAt = now()
      case .fail(let reason, _, _):
        job.state = .failed
        job.reason = reason
        job.finishedAt = now()
      case .interrupt: job.state = .pending
      }
    }
    return WorkReply(leaseUntil: now() + TimeSpan(seconds: 5), stops: job.state == .cancelled)
  }

  // MARK: Changing and waiting

  private func change(_ id: JobID, _ body: (inout Job) throws(JobError) -> Void) throws(JobError) -> Job {
    let result = state.withLock { state -> Result<Job, JobError> in
      guard var job = state.jobs[id] else { return .failure(FakeJobs.unknown) }
      do throws(JobError) { try body(&job) } catch { return .failure(error) }
      job.version += 1
      state.jobs[id] = job
      return .success(job)
    }
    notify()
    return try result.get()
  }

  private func notify() {
    guard listeners.load(ordering: .relaxed) > 0 else { return }
    changes.withLock { for feed in $0.values { feed.yield() } }
  }

  private func wait(_ timeout: Duration, until isTrue: @escaping @Sendable () -> Bool) async {
    guard timeout > .zero, !isTrue() else { return }
    let (events, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number = listeners.add(1, ordering: .relaxed).newValue
    let key = number &+ Int.random(in: 0..<(1 << 40)) << 16
    changes.withLock { $0[key] = feed }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in events where isTrue() { return } }
      group.addTask { try? await Task.sleep(for: timeout) }
      if isTrue() { feed.finish() }
      await group.next()
      group.cancelAll()
    }
    changes.withLock { _ = $0.removeValue(forKey: key) }
    listeners.subtract(1, ordering: .relaxed)
  }

  private static func order(_ job: Job) -> WorkOrder {
    WorkOrder(
      attempt: AttemptID(job.id, 1), module: job.module, jobType: "echo", image: image, input: job.input,
      units: job.units, gpu: nil, leaseUntil: job.submittedAt + TimeSpan(seconds: 5), stopAt: job.deadline)
  }

  private static let unknown = JobError(.unknownJob, "there is no such job")
  private static let image = String(repeating: "a", count: 64)
}
