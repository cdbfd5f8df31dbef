import Postgres

/// What the platform changes or removes, under the locks of nodes. An attempt that ends because of it is
/// preempted instead of failed.
struct PlatformChanges {
  var drainedPlaces = DrainedPlaces()
  var retiredModules: Set<String> = []
  var retiredNodes: Set<Int64> = []

  init() {}

  /// - Parameters:
  ///   - drains: the result of `DrainedPlaces.statement`.
  ///   - modules: rows with the names of retired modules.
  ///   - nodes: the result of `JobRepository.lockNodes`.
  init(_ drains: Rows, _ modules: Rows, nodes: Rows) throws(PostgresError) {
    drainedPlaces = try DrainedPlaces(drains)
    for row in modules { retiredModules.insert(try row.text("name")) }
    for row in nodes {
      if try row.bool("is_retired") { retiredNodes.insert(try row.int("id")) }
    }
  }

  /// Whether the platform is responsible for the end of an attempt whose container or worker is gone.
  /// - Parameter node: the name of the attempt's node.
  func concern(_ attempt: AttemptRecord, on node: String) -> Bool {
    retiredNodes.contains(attempt.node) || retiredModules.contains(attempt.job.module)
      || drainedPlaces.contains(module: attempt.job.module, node: node, image: attempt.job.image)
  }
}
