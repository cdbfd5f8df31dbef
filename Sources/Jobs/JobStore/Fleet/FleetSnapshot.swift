import Ledger
import Model
import Placement
import Postgres

/// The tables that a fleet cache follows, read in one round trip.
struct FleetSnapshot {
  let nodes: [FleetNode]
  let modules: [String: FleetModule]
  /// Modules with a job that has waited for more than a second.
  let backlogged: Set<String>
  /// Nil: no `Scheduler` has recorded settings.
  let settings: SchedulerSettings?
  let rates: TimeRates?
  /// Nil: the database has no table of drains.
  let drainedPlaces: DrainedPlaces?
  /// The database's time.
  let time: Timestamp

  static let statements = [
    Statement(JobStoreSQL.nodes), Statement(JobStoreSQL.modules),
    Statement("SELECT settings FROM schedulers LIMIT 1"), RateCard.current, JobRepository.clock,
  ]

  /// - Parameter answers: the results of `statements`.
  init(_ answers: [Rows], _ drainedPlaces: DrainedPlaces?) throws(PostgresError) {
    self.drainedPlaces = drainedPlaces
    var nodes: [FleetNode] = []
    for row in answers[0] { nodes.append(try FleetNode(stored: row)) }
    self.nodes = nodes
    var modules: [String: FleetModule] = [:]
    var backlogged: Set<String> = []
    for row in answers[1] {
      let module = try FleetModule(row)
      modules[module.name] = module
      if try row.bool("is_backlogged") { backlogged.insert(module.name) }
    }
    self.modules = modules
    self.backlogged = backlogged
    settings = try answers[2].first.map { row throws(PostgresError) in
      SchedulerSettings(try row.json("settings"))
    }
    rates = try RateCard(answers[3]).map { TimeRates(gpuMinute: $0.gpuMinute, cpuMinute: $0.cpuMinute) }
    time = try JobRepository.time(answers[4])
  }
}
