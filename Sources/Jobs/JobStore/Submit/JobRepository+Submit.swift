import JobModel
import Ledger
import Model
import Placement
import Postgres

/// New jobs: holds the credits, claims capacity and stores the job, in one transaction for a batch of orders.
extension JobRepository {
  typealias Submitted = Result<Job, JobError>

  /// The outcome of each submission, in their order. A repeated key returns the job of the first order.
  func submit(_ submissions: [Submission]) async -> Result<[Submitted], PostgresError> {
    // Another process may store an order with the same key meanwhile; the next try finds its job.
    for _ in 0..<3 {
      switch await submitOnce(submissions) {
      case .failure(let error) where error.sqlState == "23505": continue
      case let result: return result
      }
    }
    return await submitOnce(submissions)
  }

  private func submitOnce(_ submissions: [Submission]) async -> Result<[Submitted], PostgresError> {
    do throws(PostgresError) {
      var batch = SubmitBatch(submissions, stored: try await storedOrders(of: submissions))
      var proposals: [SubmitProposal] = []
      for (index, result) in propose(batch) {
        switch result {
        case .success(let proposal): proposals.append(proposal)
        case .failure(let error): batch.record(.failure(error), at: index)
        }
      }
      for (proposal, outcome) in zip(proposals, try await store(proposals)) {
        batch.record(outcome, at: proposal.index)
      }
      return .success(batch.results())
    } catch {
      return .failure(error)
    }
  }

  private func storedOrders(of submissions: [Submission]) async throws(PostgresError)
    -> [JobID: SubmitBatch.StoredOrder]
  {
    let ids = submissions.filter { $0.order.key != nil }.map(\.id.text)
    guard !ids.isEmpty else { return [:] }
    let rows = try await pool.query(
      "SELECT id, request FROM jobs WHERE id = ANY ($1::text[])", [.textArray(ids)])
    var stored: [JobID: SubmitBatch.StoredOrder] = [:]
    for row in rows {
      guard let id = JobID(try row.text("id")), let job = try await job(id) else { continue }
      stored[id] = SubmitBatch.StoredOrder(request: try row.bytes("request"), job: job)
    }
    return stored
  }

  /// Chooses nodes for one order after the other, so that each regards the claims of those before it.
  private func propose(_ batch: SubmitBatch) -> [(index: Int, Result<SubmitProposal, JobError>)] {
    let time = now()
    return fleet.withState { state in
      batch.new.map { ($0, state.propose(batch.submissions[$0], at: $0, now: time)) }
    }
  }

  /// - Returns: the outcome of each proposal. Where the transaction fails, the claims in the fleet cache are
  ///   released.
  private func store(_ proposals: [SubmitProposal]) async throws(PostgresError) -> [Submitted] {
    guard !proposals.isEmpty else { return [] }
    let (lease, canDrain) = (fleet.settings.lease, fleet.drainedPlaces != nil)
    do throws(PostgresError) {
      let decision = try await pool.transaction(.flushedLater) {
        transaction throws(PostgresError) -> SubmitDecision in
        let facts = try await JobRepository.facts(of: proposals, canDrain: canDrain, transaction)
        let decision = SubmitDecision(proposals, facts)
        try await transaction.finish(decision.statements(at: facts.time, lease: lease))
        return decision
      }
      fleet.update(decision.nodes.values)
      return decision.outcomes
    } catch {
      fleet.withState { $0.release(proposals) }
      throw error
    }
  }

  /// Holds the credits and locks the nodes.
  private static func facts(
    of proposals: [SubmitProposal], canDrain: Bool, _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> SubmitDecision.Facts {
    let calls = LedgerBatch(proposals.map(\.ledgerCall))
    let holds = [calls.statement].compactMap { $0 }
    // Drains are read under the locks of the nodes.
    let answers = try await transaction.pipeline(
      holds + [lockNodes(Set(proposals.compactMap(\.node))), clock]
        + (canDrain ? [DrainedPlaces.statement] : []))
    return SubmitDecision.Facts(
      holds: try calls.outcomes(holds.isEmpty ? nil : answers[0]), nodes: try nodes(answers[holds.count]),
      drainedPlaces: canDrain ? try DrainedPlaces(answers[holds.count + 2]) : DrainedPlaces(),
      time: try time(answers[holds.count + 1]))
  }
}

extension SubmitDecision {
  func statements(at time: Timestamp, lease: TimeSpan) -> [Statement] {
    guard !jobs.isEmpty else { return [] }
    var statements = [NewJob.insert(jobs, at: time)]
    statements += NewAttempt.insert(attempts, on: nodes, at: time, lease: lease)
    if !waiting.isEmpty { statements += [JobRepository.enqueue(waiting, at: time), ChangeNotice.pending] }
    return statements
  }
}
