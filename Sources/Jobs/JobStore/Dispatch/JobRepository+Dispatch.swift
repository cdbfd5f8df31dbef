import JobModel
import Model
import Placement
import Postgres

/// Dispatches jobs from the queue.
extension JobRepository {
  /// The result of one window of the queue.
  struct DispatchRound: Sendable, Hashable {
    var dispatched = 0
    /// Jobs that no node will ever run.
    var unschedulable: [JobID] = []
    /// Whether nothing is left to read for now.
    var isDone = true
  }

  /// Reads the next window of the queue and dispatches the jobs that a node can run.
  func dispatch(limit: Int = 256) async throws(PostgresError) -> DispatchRound {
    let (position, account) = fleet.withState { ($0.cursor.position, $0.cursor.account) }
    let statement = QueueWindow.statement(limit: limit, after: position, turnAfter: account)
    let window = try QueueWindow(try await pool.pipeline([statement])[0], limit: limit)
    let time = now()
    let (proposals, unschedulable) = fleet.withState { $0.propose(window.jobs, now: time) }
    let dispatched = try await store(proposals)
    let isDone = fleet.withState { state in
      var cursor = state.cursor
      let isDone = cursor.advance(
        past: window, dispatched: dispatched, lastAccount: proposals.last?.job.account
      ) { state.hasCapacity(at: now()) }
      state.cursor = cursor
      return isDone
    }
    return DispatchRound(dispatched: dispatched, unschedulable: unschedulable, isDone: isDone)
  }

  /// - Returns: how many attempts were stored. Where the transaction fails, the claims in the fleet cache are
  ///   released.
  private func store(_ proposals: [DispatchProposal]) async throws(PostgresError) -> Int {
    guard !proposals.isEmpty else { return 0 }
    let (settings, rates, canDrain) = (fleet.settings, fleet.rates, fleet.drainedPlaces != nil)
    do throws(PostgresError) {
      let decision = try await pool.transaction { transaction throws(PostgresError) -> DispatchDecision in
        let facts = try await JobRepository.facts(of: proposals, rates, canDrain: canDrain, transaction)
        let decision = DispatchDecision(proposals, facts)
        try await transaction.pipeline(decision.statements(at: facts.time, lease: settings.lease))
        return decision
      }
      fleet.update(decision.nodes.values)
      return decision.attempts.count
    } catch {
      fleet.withState { $0.release(proposals) }
      throw error
    }
  }

  private static func facts(
    of proposals: [DispatchProposal], _ rates: TimeRates?, canDrain: Bool, _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> DispatchDecision.Facts {
    let waiting = Statement(
      """
      SELECT id, attempts FROM jobs WHERE id = ANY ($1::text[]) AND state = 'pending'
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
      """, [.textArray(proposals.map(\.job.id.text))])
    // Drains are read under the locks of the nodes.
    let answers = try await transaction.pipeline(
      [waiting, lockNodes(Set(proposals.map(\.node))), clock] + (canDrain ? [DrainedPlaces.statement] : []))
    var attempts: [JobID: Int] = [:]
    for row in answers[0] {
      if let id = JobID(try row.text("id")) { attempts[id] = Int(try row.int("attempts")) }
    }
    return DispatchDecision.Facts(
      attempts: attempts, nodes: try nodes(answers[1]),
      drainedPlaces: canDrain ? try DrainedPlaces(answers[3]) : DrainedPlaces(), time: try time(answers[2]),
      rates: rates)
  }
}

extension DispatchDecision {
  func statements(at time: Timestamp, lease: TimeSpan) -> [Statement] {
    guard !attempts.isEmpty else { return [] }
    let update = Statement(
      """
      UPDATE jobs j
      SET state = 'dispatched', version = j.version + 1, attempts = j.attempts + 1, image = u.image
      FROM unnest($1::text[], $2::text[]) u (job, image) WHERE j.id = u.job
      """, [.textArray(jobs.map(\.text)), .textArray(images)])
    return NewAttempt.insert(attempts, on: nodes, at: time, lease: lease)
      + [update, JobRepository.dequeue(jobs)] + ChangeNotice.jobs(jobs)
  }
}
