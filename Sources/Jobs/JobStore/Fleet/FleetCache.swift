import JobModel
import Model
import Placement
import Postgres
import Synchronization

/// A process's copy of the fleet, the modules and the settings, so that choosing a node needs no query. The
/// tables are authoritative: the transaction that performs a decision checks it under locks. The copy follows
/// the tables by reading them from time to time, and by what each transaction reads of the nodes that it
/// locks.
final class FleetCache: Sendable {
  private let state = Mutex(FleetState())

  /// Reads or changes the state.
  func withState<Output>(
    _ body: (inout sending FleetState) throws -> sending Output
  ) rethrows -> sending Output {
    try state.withLock(body)
  }

  var settings: SchedulerSettings { state.withLock { $0.settings } }
  /// Nil: the ledger has no rules in force.
  var rates: TimeRates? { state.withLock { $0.rates } }

  /// The places that get no new attempts; nil: the database has no table of them.
  var drainedPlaces: DrainedPlaces? { state.withLock { $0.drainedPlaces } }

  /// Reads all tables.
  /// - Parameter now: the time of this process.
  func refresh(from pool: PostgresPool, _ now: @Sendable () -> Timestamp) async throws(PostgresError) {
    let startedAt = ContinuousClock.now
    let drainedPlaces = try await FleetCache.drainedPlaces(in: pool)
    let answers = try await pool.pipeline(FleetSnapshot.statements)
    let receivedAt = now()
    let snapshot = try FleetSnapshot(answers, drainedPlaces)
    let clockOffset = snapshot.time - receivedAt
    state.withLock { $0.adopt(snapshot, readAt: startedAt, clockOffset: clockOffset) }
  }

  /// Nil where the schema of the database is pinned to a number below that of drains.
  private static func drainedPlaces(in pool: PostgresPool) async throws(PostgresError) -> DrainedPlaces? {
    guard try await pool.pipeline([DrainedPlaces.existence])[0].only().bool("can_drain") else { return nil }
    return try DrainedPlaces(try await pool.pipeline([DrainedPlaces.statement])[0])
  }

  /// Adopts nodes as a transaction left them that had locked them.
  func update(_ nodes: some Sequence<FleetNode>) {
    let now = ContinuousClock.now
    state.withLock { state in
      for node in nodes { state.update(node, at: now) }
    }
  }

  func recordHeartbeat(_ heartbeat: WorkerHeartbeat, of id: Int64, at time: Timestamp) {
    state.withLock { $0.recordHeartbeat(heartbeat, of: id, at: time) }
  }
}
