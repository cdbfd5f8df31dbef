import JobModel
import Ledger
import Model
import Placement
import Postgres

/// New jobs: credits held, a place taken and the job written, in one transaction for all that came together.
extension JobRepository {
  typealias Submitted = Result<Job, JobError>

  /// A submission that can be sent: what it costs and where it would go.
  private struct Proposal {
    let index: Int
    let submission: Submission
    let module: WorkModule
    let terms: JobTerms
    let decision: PlacementDecision
    /// What was taken in the mirror; given back when the transaction comes to nothing.
    let claim: Claim?

    var order: JobOrder { submission.order }
    var node: Int64? { claim == nil ? nil : decision.chosen?.node }
    var call: LedgerCall {
      LedgerCall(
        .hold(
          terms.hold, job: submission.id.text,
          lifetime: TimeSpan(milliseconds: terms.within.milliseconds + JobTerms.grace.milliseconds)),
        on: order.creator, key: "job/\(submission.id)/\(submission.nonce)")
    }
  }

  /// In their order. What was ordered before, by its key, is answered with the job that it became.
  func submit(_ submissions: [Submission]) async -> Result<[Submitted], PostgresError> {
    // Somebody else may order the same by the same key meanwhile; then the job is there the next time.
    for _ in 0..<3 {
      switch await submitOnce(submissions) {
      case .failure(let error) where error.sqlState == "23505": continue
      case let result: return result
      }
    }
    return await submitOnce(submissions)
  }

  private func submitOnce(_ submissions: [Submission]) async -> Result<[Submitted], PostgresError> {
    var outcomes: [Submitted?] = Array(repeating: nil, count: submissions.count)
    do throws(PostgresError) {
      try await findRepeated(submissions, &outcomes)
    } catch {
      return .failure(error)
    }
    var firsts: [JobID: Int] = [:]
    var twins: [(index: Int, first: Int)] = []
    var fresh: [Int] = []
    for index in submissions.indices where outcomes[index] == nil {
      if let first = firsts[submissions[index].id] {
        twins.append((index, first))
      } else {
        firsts[submissions[index].id] = index
        fresh.append(index)
      }
    }
    let proposals = propose(submissions, fresh, &outcomes)
    do throws(PostgresError) {
      try await write(proposals, &outcomes)
    } catch {
      mirror.read { state in
        for proposal in proposals {
          if let node = proposal.node, let claim = proposal.claim { state.fleet.release(node, claim) }
        }
      }
      return .failure(error)
    }
    for (index, first) in twins {
      outcomes[index] =
        submissions[index].request == submissions[first].request
        ? outcomes[first] : .failure(JobRepository.reused(submissions[index]))
    }
    return .success(outcomes.compactMap { $0 })
  }

  private static func reused(_ submission: Submission) -> JobError {
    JobError(
      .keyReused, field: "key", "‘\(submission.order.key ?? "")’ stands for another order already",
      hint: "give each order a key of its own")
  }

  private func findRepeated(_ submissions: [Submission], _ outcomes: inout [Submitted?])
    async throws(PostgresError)
  {
    let keyed = submissions.indices.filter { submissions[$0].order.key != nil }
    guard !keyed.isEmpty else { return }
    let rows = try await pool.query(
      "SELECT id, request FROM jobs WHERE id = ANY ($1::text[])",
      [.textArray(keyed.map { submissions[$0].id.text })])
    var requests: [String: [UInt8]] = [:]
    for row in rows { requests[try row.text(0)] = try row.bytes(1) }
    guard !requests.isEmpty else { return }
    for index in keyed {
      guard let request = requests[submissions[index].id.text] else { continue }
      guard request == submissions[index].request else {
        outcomes[index] = .failure(JobRepository.reused(submissions[index]))
        continue
      }
      guard let job = try await job(submissions[index].id) else { continue }
      outcomes[index] = .success(job)
    }
  }

  /// Chooses nodes, one job after the other, each seeing what those before it took.
  private func propose(_ submissions: [Submission], _ indices: [Int], _ outcomes: inout [Submitted?])
    -> [Proposal]
  {
    let time = now()
    let judged = mirror.read { state in
      indices.map { index -> (Int, Result<Proposal, JobError>) in
        let submission = submissions[index]
        guard state.isSetUp else {
          return (index, .failure(JobError(.unavailable, "no Scheduler is set up here yet")))
        }
        guard let module = state.modules[submission.order.module] else {
          return (
            index,
            .failure(
              JobError(
                .unknownModule, field: "module", "there is no module ‘\(submission.order.module)’",
                hint: state.modules.isEmpty
                  ? nil : "there are \(state.modules.keys.sorted().joined(separator: ", "))"))
          )
        }
        switch JobTerms.of(submission.order, module, state.settings, state.rates) {
        case .failure(let error): return (index, .failure(error))
        case .success(let terms):
          let decision = state.fleet.select(
            module.needs, state.settings, now: state.databaseTime(time))
          var claim: Claim?
          if let chosen = decision.chosen, !state.isAwaited(module.name) {
            claim = state.fleet.claim(chosen.node, module.needs)
          }
          return (
            index,
            .success(
              Proposal(
                index: index, submission: submission, module: module, terms: terms, decision: decision,
                claim: claim))
          )
        }
      }
    }
    var proposals: [Proposal] = []
    for (index, result) in judged {
      switch result {
      case .success(let proposal): proposals.append(proposal)
      case .failure(let error): outcomes[index] = .failure(error)
      }
    }
    return proposals
  }

  private func write(_ proposals: [Proposal], _ outcomes: inout [Submitted?]) async throws(PostgresError) {
    guard !proposals.isEmpty else { return }
    let lease = mirror.read { $0.settings.lease }
    let calls = LedgerBatch(proposals.map(\.call))
    let (written, rooms) = try await pool.transaction(.flushedLater) {
      transaction throws(PostgresError) -> ([Submitted], [Int64: FleetNode]) in
      var opening = [JobRepository.lockNodes(Set(proposals.compactMap(\.node))), JobRepository.clock]
      if let statement = calls.statement { opening.insert(statement, at: 0) }
      let answers = try await transaction.pipeline(opening)
      let holds = try calls.outcomes(answers.count == 3 ? answers[0] : nil)
      var rooms = try JobRepository.rooms(answers[answers.count - 2])
      let time = try answers[answers.count - 1].only().timestamp(0)
      var rows = JobRows()
      let written = proposals.enumerated().map { place, proposal in
        JobRepository.place(proposal, holds[place], at: time, &rooms, &rows)
      }
      let statements = rows.statements(at: time, lease: lease, rooms)
      try await transaction.finish(statements)
      return (written, rooms)
    }
    for (proposal, job) in zip(proposals, written) { outcomes[proposal.index] = job }
    mirror.learn(Array(rooms.values))
  }

  /// What becomes of one proposal, under the locks.
  private static func place(
    _ proposal: Proposal, _ hold: Result<LedgerReceipt, LedgerError>, at time: Timestamp,
    _ rooms: inout [Int64: FleetNode], _ rows: inout JobRows
  ) -> Submitted {
    let receipt: LedgerReceipt
    switch hold {
    case .success(let done): receipt = done
    case .failure(let error): return .failure(JobError(error, of: proposal.order, proposal.terms.hold))
    }
    let (order, module, terms) = (proposal.order, proposal.module, proposal.terms)
    let claim = proposal.node.flatMap { rooms.claim($0, module.needs) }
    let job = Job(
      id: proposal.submission.id, version: 1, creator: order.creator, module: module.name,
      image: module.needs.image, input: order.input, units: order.units, unitPrice: module.unitPrice,
      held: terms.hold, cost: Credits(micro: 0), priority: order.priority,
      state: claim == nil ? .pending : .dispatched, reason: nil, output: nil, artefacts: [],
      isOverflow: false,
      submittedAt: time, deadline: time + terms.within, finishedAt: nil, attempts: [])
    rows.add(job, proposal.submission, hold: receipt.hold ?? 0, developer: module.developer)
    if let claim, let node = proposal.node {
      rows.attempts.add(
        job.id, number: 1, on: node, claim,
        until: JobTerms.stop(startingAt: time, paidFor: terms.paidTime, deadline: job.deadline),
        proposal.decision)
    }
    return .success(job)
  }
}

/// What is written of new jobs.
private struct JobRows {
  private var jobs: [(job: Job, submission: Submission, hold: Int64, developer: String)] = []
  var attempts = AttemptRows()

  mutating func add(_ job: Job, _ submission: Submission, hold: Int64, developer: String) {
    jobs.append((job, submission, hold, developer))
  }

  func statements(at time: Timestamp, lease: TimeSpan, _ rooms: [Int64: FleetNode]) -> [Statement] {
    guard !jobs.isEmpty else { return [] }
    var statements = [insertion(at: time)] + attempts.statements(at: time, lease: lease, rooms)
    let waiting = jobs.filter { $0.job.state == .pending }.map(\.job.id.text)
    if !waiting.isEmpty {
      statements.append(Statement(JobRepository.queueing, [.timestamp(time), .textArray(waiting)]))
      statements.append(JobRepository.noticeOfPending)
    }
    return statements
  }

  private func insertion(at time: Timestamp) -> Statement {
    Statement(
      """
      INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro, hold, held_micro,
        priority, state, attempts, submitted_at, deadline_at)
      SELECT u.id, a.id, u.request, u.module, u.image, u.developer, u.input, u.units, u.price, u.hold, u.held, u.priority,
        u.state, (u.state = 'dispatched')::int, $1::timestamptz, u.deadline
      FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
        $10::bigint[], $11::bigint[], $12::bigint[], $13::smallint[], $14::text[], $15::timestamptz[])
        u (id, account, request, module, image, developer, input, units, price, hold, held, priority, state, deadline)
      LEFT JOIN accounts a ON a.name = u.account
      """,
      [
        .timestamp(time), .textArray(jobs.map(\.job.id.text)), .textArray(jobs.map(\.job.creator)),
        .array(jobs.map { .bytes($0.submission.request) }), .textArray(jobs.map(\.job.module)),
        .textArray(jobs.map(\.job.image)), .textArray(jobs.map(\.developer)),
        .textArray(jobs.map(\.submission.input)), .intArray(jobs.map(\.job.units)),
        .array(jobs.map { .optional($0.job.unitPrice) { .int($0.micro) } }), .intArray(jobs.map(\.hold)),
        .intArray(jobs.map(\.job.held.micro)), .intArray(jobs.map { Int64($0.job.priority) }),
        .textArray(jobs.map(\.job.state.rawValue)), .array(jobs.map { .timestamp($0.job.deadline) }),
      ])
  }
}

extension JobRepository {
  /// Puts jobs into the queue: `$1` when, `$2` which.
  static let queueing = """
    INSERT INTO pending_jobs (job, account, module, priority, queued_at, deadline_at)
    SELECT id, account, module, priority, $1::timestamptz, deadline_at FROM jobs WHERE id = ANY ($2::text[])
    """
}

extension FleetIndex {
  mutating func select(_ needs: WorkNeeds, _ settings: SchedulerSettings, now: Timestamp) -> PlacementDecision
  {
    select(
      needs, weights: (settings.latencyWeight, settings.earningsWeight), now: now,
      offlineAfter: settings.offlineAfter)
  }
}
