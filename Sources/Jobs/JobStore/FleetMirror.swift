import JobModel
import Model
import Placement
import Postgres
import Synchronization

/// What one process knows of the fleet, the modules and the settings. The database decides; this is where selection looks, so
/// that a decision asks nobody. It follows by looking at the tables now and then, and by what each transaction sees of the
/// nodes that it locks.
final class FleetMirror: Sendable {
  struct State {
    var fleet = FleetIndex()
    var owners: [Int64: String] = [:]
    var held: Set<Int64> = []
    var modules: [String: WorkModule] = [:]
    var settings = SchedulerSettings()
    /// Nil: no rules are in force.
    var rates: TimeRates?
    /// How far the database's clock, by which heartbeats are told, is ahead of this process's.
    var ahead = TimeSpan(milliseconds: 0)
    /// Whether a Scheduler has said anything yet.
    var isSetUp = false
    /// When transactions of this process last saw a node, so that an older look at the tables does not undo it.
    var seen: [Int64: ContinuousClock.Instant] = [:]
    var walk = QueueCursor()
    /// Modules whose jobs have waited for a while, whichever process looks after them.
    var awaited: Set<String> = []
  }

  private let state = Mutex(State())

  func read<Output>(_ body: (inout sending State) throws -> sending Output) rethrows -> sending Output {
    try state.withLock(body)
  }

  /// Looks at all tables.
  func refresh(from pool: PostgresPool, _ time: @Sendable () -> Timestamp) async throws(PostgresError) {
    let began = ContinuousClock.now
    let answers = try await pool.pipeline([
      Statement(FleetNode.all), Statement(WorkModule.all),
      Statement("SELECT settings FROM schedulers LIMIT 1"),
      Statement(
        """
        SELECT gpu_minute_micro, cpu_minute_micro FROM ledger_rules WHERE effective_from <= now()
        ORDER BY version DESC LIMIT 1
        """),
      Statement(
        """
        SELECT name FROM scheduler_modules m WHERE retired_at IS NULL AND EXISTS (
          SELECT 1 FROM pending_jobs p WHERE p.module = m.name AND p.queued_at < now() - interval '1 second')
        """),
      JobRepository.clock,
    ])
    let ahead = try answers[5].only().timestamp(0) - time()
    var nodes: [(node: FleetNode, owner: String, isHeld: Bool)] = []
    for row in answers[0] {
      nodes.append((try FleetNode(whole: row), try row.text(10), try row.bool(15)))
    }
    var modules: [String: WorkModule] = [:]
    for row in answers[1] {
      let module = try WorkModule(row)
      modules[module.name] = module
    }
    let settings = try answers[2].first.map { row throws(PostgresError) in SchedulerSettings(try row.json(0))
    }
    let rates = try answers[3].first.map { row throws(PostgresError) in
      TimeRates(gpuMinute: Credits(micro: try row.int(0)), cpuMinute: Credits(micro: try row.int(1)))
    }
    var awaited: Set<String> = []
    for row in answers[4] { awaited.insert(try row.text(0)) }
    state.withLock { ($0.awaited, $0.ahead) = (awaited, ahead) }
    adopt(nodes, modules, settings, rates, from: began)
  }

  private func adopt(
    _ nodes: [(node: FleetNode, owner: String, isHeld: Bool)], _ modules: [String: WorkModule],
    _ settings: SchedulerSettings?, _ rates: TimeRates?, from began: ContinuousClock.Instant
  ) {
    state.withLock { state in
      state.modules = modules
      state.isSetUp = settings != nil
      state.settings = settings ?? SchedulerSettings()
      state.rates = rates
      var gone = Set(state.owners.keys)
      for (found, owner, isHeld) in nodes {
        var node = found
        gone.remove(node.id)
        if let seen = state.seen[node.id], seen > began, let known = state.fleet[node.id] {
          (node.gpuUsed, node.coresUsed, node.slotsUsed) = (known.gpuUsed, known.coresUsed, known.slotsUsed)
        }
        if state.fleet[node.id] != node { state.fleet.update(node) }
        state.owners[node.id] = owner
        if isHeld { state.held.insert(node.id) } else { state.held.remove(node.id) }
      }
      for id in gone {
        state.fleet.remove(id)
        state.owners[id] = nil
        state.seen[id] = nil
      }
    }
  }

  /// What a transaction left of nodes that it had locked.
  func learn(_ rooms: [FleetNode]) {
    let now = ContinuousClock.now
    state.withLock { state in
      for room in rooms {
        guard var node = state.fleet[room.id] else { continue }
        (node.gpuUsed, node.coresUsed, node.slotsUsed) = (room.gpuUsed, room.coresUsed, room.slotsUsed)
        (node.isCordoned, node.earned) = (room.isCordoned, room.earned)
        state.fleet.update(node)
        state.seen[room.id] = now
      }
    }
  }

  /// A node said something.
  func hear(_ id: Int64, _ heartbeat: WorkerHeartbeat, at time: Timestamp) {
    state.withLock { state in
      guard var node = state.fleet[id] else { return }
      let (types, images) = (heartbeat.jobTypes.map { Set($0) }, Set(heartbeat.images))
      if node.jobTypes == types, node.images == images, node.canPull == heartbeat.canPull {
        state.fleet.heartbeat(id, at: time, roundTripMicroseconds: heartbeat.roundTripMicroseconds)
        return
      }
      (node.jobTypes, node.images, node.canPull) = (types, images, heartbeat.canPull)
      (node.lastHeartbeatAt, node.roundTripMicroseconds) = (time, heartbeat.roundTripMicroseconds)
      state.fleet.update(node)
    }
  }
}

extension FleetMirror.State {
  /// - Parameter local: by this process's clock.
  func databaseTime(_ local: Timestamp) -> Timestamp { local + ahead }

  /// Whether others wait for the same already: whoever comes now waits behind them.
  func isAwaited(_ module: String) -> Bool { awaited.contains(module) || walk.crowded.contains(module) }
}
