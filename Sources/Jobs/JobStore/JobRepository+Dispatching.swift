import JobModel
import Model
import Placement
import Postgres

/// Jobs that wait: who comes next, and what becomes of them when there is room.
extension JobRepository {
  /// One that waits, as it is chosen for.
  struct Waiting: Sendable {
    let job: JobID
    let module: String
    let isOverflow: Bool
    let failedNodes: [Int64]
    let held: Credits
    let deadline: Timestamp
    /// Nil where its turn is not asked for.
    var account: Int64?
  }

  /// What a look at the queue came to.
  struct Round: Sendable, Hashable {
    var dispatched = 0
    /// Jobs that no node will ever take.
    var hopeless: [JobID] = []
    /// Nothing was there that had not been looked at.
    var isThrough = true
  }

  /// A part of the queue: some creators' modules, in the order of their accounts.
  struct Window {
    var waiting: [Waiting] = []
    /// Where the next window begins; nil: this one reaches the end.
    var next: QueuePosition?
    /// Nothing that waits there was left out.
    var isWhole = true
  }

  /// In turn: one of each creator, then the second of each, and so on; among the jobs of one creator the greater priority
  /// first, then the older. A creator with many jobs takes no turn from one with few. Of a queue with more than `most`
  /// creators and modules so many are looked at, from `place` on: whoever waits behind others that find no place comes with
  /// one of the next windows.
  /// - Parameter account: whose turn was last; those behind it are first.
  func waiting(most: Int, from place: QueuePosition, after account: Int64) async throws(PostgresError)
    -> Window
  {
    let rows = try await pool.query(
      JobRepository.inTurn, [.int(Int64(most)), .int(place.account), .text(place.module), .int(account)])
    var window = Window()
    var counts: [QueuePosition: Int64] = [:]
    for row in rows {
      guard let job = JobID(try row.text(0)) else { continue }
      let queue = QueuePosition(account: try row.int(6), module: try row.text(1))
      counts[queue, default: 0] += 1
      if try row.int(8) >= Int64(most) {
        window.next = QueuePosition(account: try row.int(9), module: try row.text(10))
      }
      if try counts[queue] == row.int(7) { window.isWhole = false }
      window.waiting.append(
        Waiting(
          job: job, module: queue.module, isOverflow: try row.bool(2), failedNodes: try row.intArray(3),
          held: Credits(micro: try row.int(4)), deadline: try row.timestamp(5),
          account: queue.account))
    }
    if window.waiting.count >= most { window.isWhole = false }
    return window
  }

  /// Of each creator and module the first few, by walking the index from one to the next: the queue's length does not
  /// count.
  private static let inTurn = """
    WITH RECURSIVE queues (account, module, number) AS (
      (SELECT account, module, 1 FROM pending_jobs WHERE (account, module) > ($2::bigint, $3::text)
      ORDER BY account, module LIMIT 1)
      UNION ALL
      SELECT n.account, n.module, q.number + 1 FROM queues q CROSS JOIN LATERAL (
        SELECT p.account, p.module FROM pending_jobs p WHERE (p.account, p.module) > (q.account, q.module)
        ORDER BY p.account, p.module LIMIT 1
      ) n WHERE q.number < $1
    ), size AS (
      SELECT count(*) AS queues, greatest(4, least(256, 1024 / greatest(count(*), 1))) AS depth FROM queues
    ), last AS (
      SELECT account, module FROM queues ORDER BY number DESC LIMIT 1
    ), heads AS (
      SELECT h.*, row_number() OVER (PARTITION BY h.account ORDER BY h.priority DESC, h.queued_at, h.job) AS turn
      FROM queues q CROSS JOIN LATERAL (
        SELECT * FROM pending_jobs p WHERE p.account = q.account AND p.module = q.module
        ORDER BY p.priority DESC, p.queued_at, p.job LIMIT (SELECT depth FROM size)
      ) h
    )
    SELECT h.job, h.module, j.is_overflow, j.failed_nodes, j.held_micro, j.deadline_at, h.account, size.depth, size.queues,
      last.account, last.module
    FROM (SELECT * FROM heads ORDER BY turn, account <= $4, account LIMIT $1) h JOIN jobs j ON j.id = h.job
      CROSS JOIN size CROSS JOIN last
    ORDER BY h.turn, h.account <= $4, h.account
    """

  private struct Proposal {
    let waiting: Waiting
    let needs: WorkNeeds
    let decision: PlacementDecision
    let node: Int64
    let claim: Claim
    let usesTime: Bool
  }

  /// Gives places to those whose turn it is, in the next window of the queue.
  func dispatch(most: Int = 256) async throws(PostgresError) -> Round {
    let (place, account) = mirror.read { ($0.walk.place, $0.walk.account) }
    let window = try await waiting(most: most, from: place, after: account)
    var round = Round()
    let proposals = propose(window.waiting, &round)
    if !proposals.isEmpty {
      do throws(PostgresError) {
        round.dispatched = try await write(proposals)
      } catch {
        mirror.read { state in
          for proposal in proposals { state.fleet.release(proposal.node, proposal.claim) }
        }
        throw error
      }
    }
    round.isThrough = mirror.read { state in
      var walk = state.walk
      if round.dispatched > 0, let account = proposals.last?.waiting.account { walk.account = account }
      let isThrough = walk.pass(window, dispatched: round.dispatched) {
        state.hasRoom(now: state.databaseTime(now()))
      }
      state.walk = walk
      return isThrough
    }
    return round
  }

  private func propose(_ waiting: [Waiting], _ round: inout Round) -> [Proposal] {
    let time = now()
    let (proposals, hopeless) = mirror.read { state -> ([Proposal], [JobID]) in
      var proposals: [Proposal] = []
      var hopeless: [JobID] = []
      // What found no place for one finds none for the next that needs the same.
      var full: Set<WorkNeeds> = []
      for entry in waiting {
        guard let module = state.modules[entry.module] else { continue }
        let needs = module.needs(of: entry)
        guard !full.contains(needs) else { continue }
        let decision = state.fleet.select(needs, state.settings, now: state.databaseTime(time))
        guard let chosen = decision.chosen, let claim = state.fleet.claim(chosen.node, needs) else {
          if decision.isHopeless(for: needs) {
            hopeless.append(entry.job)
          } else {
            full.insert(needs)
            if needs == module.needs { state.walk.waits(for: module.name) }
          }
          continue
        }
        proposals.append(
          Proposal(
            waiting: entry, needs: needs, decision: decision, node: chosen.node, claim: claim,
            usesTime: module.unitPrice == nil))
      }
      return (proposals, hopeless)
    }
    round.hopeless = hopeless
    return proposals
  }

  private func write(_ proposals: [Proposal]) async throws(PostgresError) -> Int {
    let (settings, rates) = mirror.read { ($0.settings, $0.rates) }
    let (count, rooms) = try await pool.transaction {
      transaction throws(PostgresError) -> (Int, [Int64: FleetNode]) in
      let answers = try await transaction.pipeline([
        Statement(
          """
          SELECT id, attempts FROM jobs WHERE id = ANY ($1::text[]) AND state = 'pending'
          ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
          """, [.textArray(proposals.map(\.waiting.job.text))]),
        JobRepository.lockNodes(Set(proposals.map(\.node))), JobRepository.clock,
      ])
      var numbers: [String: Int] = [:]
      for row in answers[0] { numbers[try row.text(0)] = Int(try row.int(1)) + 1 }
      var rooms = try JobRepository.rooms(answers[1])
      let time = try answers[2].only().timestamp(0)
      var rows = AttemptRows()
      var placed: [(job: JobID, image: String)] = []
      for proposal in proposals {
        guard let number = numbers[proposal.waiting.job.text],
          let claim = rooms.claim(proposal.node, proposal.needs)
        else { continue }
        let paid =
          proposal.usesTime
          ? rates?.time(for: proposal.waiting.held, usesGPU: proposal.needs.gpuMemory > 0) : nil
        rows.add(
          proposal.waiting.job, number: number, on: proposal.node, claim,
          until: JobTerms.stop(startingAt: time, paidFor: paid, deadline: proposal.waiting.deadline),
          proposal.decision)
        placed.append((proposal.waiting.job, proposal.needs.image))
      }
      guard !placed.isEmpty else { return (0, rooms) }
      var statements = rows.statements(at: time, lease: settings.lease, rooms)
      statements += [
        Statement(
          """
          UPDATE jobs j SET state = 'dispatched', version = j.version + 1, attempts = j.attempts + 1, image = u.image
          FROM unnest($1::text[], $2::text[]) u (job, image) WHERE j.id = u.job
          """, [.textArray(placed.map(\.job.text)), .textArray(placed.map(\.image))]),
        Statement(
          "DELETE FROM pending_jobs WHERE job = ANY ($1::text[])", [.textArray(placed.map(\.job.text))]),
      ]
      if let notice = JobRepository.notify(JobRepository.jobsChannel, placed.map(\.job)) {
        statements.append(notice)
      }
      try await transaction.pipeline(statements)
      return (placed.count, rooms)
    }
    mirror.learn(Array(rooms.values))
    return count
  }
}

extension WorkModule {
  /// What a job of this module asks for now.
  func needs(of waiting: JobRepository.Waiting) -> WorkNeeds {
    var needs = self.needs
    needs.isOverflow = waiting.isOverflow
    needs.avoided = waiting.failedNodes
    // Where a module is placed is about its own nodes; the overflow pool is another.
    if waiting.isOverflow {
      needs.labels = [:]
      needs.nodes = []
    }
    return needs
  }
}

extension PlacementDecision {
  /// Whether waiting changes nothing: the job failed wherever it could go.
  func isHopeless(for needs: WorkNeeds) -> Bool {
    guard !needs.avoided.isEmpty, passed == 0, removed[.avoided, default: 0] > 0 else { return false }
    return [Filter.cordoned, .offline, .busy, .image].allSatisfy { removed[$0, default: 0] == 0 }
  }
}
