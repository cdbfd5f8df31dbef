import JobModel
import Model
import Postgres

/// Drains of places whose containers change or are removed, and the attempts that run there.
extension JobRepository {
  /// An attempt that has not ended, and where it runs.
  struct OpenAttempt: Sendable {
    let id: AttemptID
    let node: Int64
    let state: AttemptState
    let dispatchedAt: Timestamp
    /// Whether its lease expired, which means that no worker works on it.
    let isExpired: Bool
    let place: DrainedPlaces.Place
  }

  /// The places of modules that get no new attempts, with the reason and the end of each drain.
  func drains(of modules: [String]) async throws(PostgresError) -> [DrainedPlaces.Place: DrainState] {
    let rows = try await pool.query(
      "SELECT module, node, image, reason, until_at FROM scheduler_drains WHERE module = ANY ($1::text[])",
      [.textArray(modules)])
    var drains: [DrainedPlaces.Place: DrainState] = [:]
    for row in rows {
      drains[try DrainedPlaces.Place(row)] = DrainState(
        reason: try row.text("reason"), until: try row.timestamp("until_at"))
    }
    return drains
  }

  func openAttempts(of modules: [String]) async throws(PostgresError) -> [OpenAttempt] {
    let rows = try await pool.query(JobStoreSQL.openAttempts, [.textArray(modules)])
    var attempts: [OpenAttempt] = []
    for row in rows {
      guard let id = try AttemptID(row), let state = AttemptState(rawValue: try row.text("state")) else {
        continue
      }
      attempts.append(
        OpenAttempt(
          id: id, node: try row.int("node_id"), state: state,
          dispatchedAt: try row.timestamp("dispatched_at"), isExpired: try row.bool("is_expired"),
          place: try DrainedPlaces.Place(row)))
    }
    return attempts
  }

  /// Gives the place no new attempts. The lock of the node waits for the dispatches that chose the node
  /// before, and those that follow read the drain under the lock.
  /// - Parameter successor: the image that new jobs of the module run with; nil: that does not change.
  func drain(
    _ place: DrainedPlaces.Place, successor: String?, within limit: TimeSpan, because reason: String
  ) async throws(PostgresError) {
    let record = Statement(
      JobStoreSQL.recordDrain,
      [.text(place.module), .text(place.node), .text(place.image), .text(reason), .int(limit.milliseconds)])
    try await pool.transaction { transaction throws(PostgresError) in
      let lock = Statement(
        "SELECT id FROM scheduler_nodes WHERE name = $1 FOR NO KEY UPDATE", [.text(place.node)])
      let clean = Statement("DELETE FROM scheduler_drains WHERE until_at < now() - interval '1 day'")
      var statements = [lock, record, clean]
      if let successor {
        statements += [
          Statement(
            "UPDATE scheduler_modules SET image = $3 WHERE name = $1 AND image = $2 AND retired_at IS NULL",
            [.text(place.module), .text(place.image), .text(successor)]), ChangeNotice.pending,
        ]
      }
      try await transaction.pipeline(statements)
    }
  }

  func endDrain(of place: DrainedPlaces.Place) async throws(PostgresError) {
    try await pool.pipeline([
      Statement(
        "DELETE FROM scheduler_drains WHERE module = $1 AND node = $2 AND image = $3",
        [.text(place.module), .text(place.node), .text(place.image)]), ChangeNotice.pending,
    ])
  }
}

extension DrainedPlaces.Place {
  /// Reads the columns `module`, `node` and `image`.
  init(_ row: Row) throws(PostgresError) {
    self.init(module: try row.text("module"), node: try row.text("node"), image: try row.text("image"))
  }
}
