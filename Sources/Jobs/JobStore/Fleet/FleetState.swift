import JobModel
import Model
import Placement

/// What a process knows of the fleet; see `FleetCache`.
struct FleetState: Sendable {
  var fleet = FleetIndex()
  private(set) var modules: [String: FleetModule] = [:]
  private(set) var settings = SchedulerSettings()
  /// Nil: the ledger has no rules in force.
  private(set) var rates: TimeRates?
  /// Whether a `Scheduler` resource has recorded its settings.
  private(set) var hasScheduler = false
  /// By how much the database's clock, which heartbeats are stamped with, is ahead of this process's clock.
  private(set) var clockOffset = TimeSpan(milliseconds: 0)
  /// Modules whose jobs have waited for more than a second, in any process.
  private(set) var backlogged: Set<String> = []
  /// The places that get no new attempts; nil: the database has no table of them.
  private(set) var drainedPlaces: DrainedPlaces?
  var cursor = QueueCursor()

  private var nodes: Set<Int64> = []
  /// When a transaction of this process read a node last; an older read of the tables does not replace that.
  private var updatedAt: [Int64: ContinuousClock.Instant] = [:]

  /// Replaces everything by what the tables held.
  /// - Parameter startedAt: when reading them began.
  mutating func adopt(
    _ snapshot: FleetSnapshot, readAt startedAt: ContinuousClock.Instant, clockOffset: TimeSpan
  ) {
    modules = snapshot.modules
    hasScheduler = snapshot.settings != nil
    settings = snapshot.settings ?? SchedulerSettings()
    rates = snapshot.rates
    backlogged = snapshot.backlogged
    drainedPlaces = snapshot.drainedPlaces
    self.clockOffset = clockOffset
    var removed = nodes
    for found in snapshot.nodes {
      var node = found
      removed.remove(node.id)
      if let time = updatedAt[node.id], time > startedAt, let known = fleet[node.id] {
        (node.gpuUsed, node.coresUsed, node.slotsUsed) = (known.gpuUsed, known.coresUsed, known.slotsUsed)
      }
      if fleet[node.id] != node { fleet.update(node) }
      nodes.insert(node.id)
    }
    for id in removed {
      fleet.remove(id)
      nodes.remove(id)
      updatedAt[id] = nil
    }
  }

  mutating func update(_ locked: FleetNode, at time: ContinuousClock.Instant) {
    guard var node = fleet[locked.id] else { return }
    (node.gpuUsed, node.coresUsed, node.slotsUsed) = (locked.gpuUsed, locked.coresUsed, locked.slotsUsed)
    (node.isCordoned, node.earned) = (locked.isCordoned, locked.earned)
    fleet.update(node)
    updatedAt[locked.id] = time
  }

  mutating func recordHeartbeat(_ heartbeat: WorkerHeartbeat, of id: Int64, at time: Timestamp) {
    guard var node = fleet[id] else { return }
    guard !node.hasCapabilities(of: heartbeat) else {
      fleet.recordHeartbeat(of: id, at: time, roundTripMicroseconds: heartbeat.roundTripMicroseconds)
      return
    }
    node.jobTypes = heartbeat.jobTypes.map { Set($0) }
    node.images = Set(heartbeat.images)
    node.canPull = heartbeat.canPull
    node.lastHeartbeatAt = time
    node.roundTripMicroseconds = heartbeat.roundTripMicroseconds
    fleet.update(node)
  }

  /// - Parameter local: by this process's clock.
  func databaseTime(_ local: Timestamp) -> Timestamp { local + clockOffset }

  /// - Parameter local: the time by this process's clock.
  mutating func select(_ needs: WorkNeeds, at local: Timestamp) -> PlacementDecision {
    fleet.select(needs, settings, now: databaseTime(local))
  }

  /// What a job of the module needs, apart from the nodes where the module drains.
  /// - Parameter avoided: ids of the nodes that the job failed on.
  func needs(of module: FleetModule, isOverflow: Bool = false, avoiding avoided: [Int64] = []) -> WorkNeeds {
    var needs = module.needs(isOverflow: isOverflow, avoiding: avoided)
    if let drainedPlaces {
      needs.draining = drainedPlaces.nodes(of: module.name, image: module.image).compactMap {
        fleet.node(named: $0)?.id
      }
    }
    return needs
  }

  /// Whether jobs of the module wait already; a new one waits behind them.
  func isBacklogged(_ module: String) -> Bool {
    backlogged.contains(module) || cursor.saturated.contains(module)
  }

  /// With more modules `hasCapacity` returns true unasked.
  private static let capacityCheckLimit = 48

  /// Whether a job of any module could be placed now, on its own nodes or in the overflow pool.
  mutating func hasCapacity(at local: Timestamp) -> Bool {
    guard modules.count <= FleetState.capacityCheckLimit else { return true }
    for module in modules.values {
      for isOverflow in [false, true] {
        if select(needs(of: module, isOverflow: isOverflow), at: local).passed > 0 { return true }
      }
    }
    return false
  }
}

extension FleetNode {
  /// Whether the heartbeat reports the capabilities that are recorded already.
  func hasCapabilities(of heartbeat: WorkerHeartbeat) -> Bool {
    lastHeartbeatAt != nil && canPull == heartbeat.canPull
      && jobTypes == heartbeat.jobTypes.map { Set($0) } && images == Set(heartbeat.images)
  }
}
