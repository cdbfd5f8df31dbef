package import Model
internal import Postgres
package import Reconciling

/// States of versions before 0.5.0, which recorded no owners.
extension PostgresStateStore {
  /// Whether the owners of everything that was applied are recorded. False for a state of an earlier version
  /// that was not taken over yet, and for a new state.
  package func recordsOwners() async throws(StoreError) -> Bool {
    try await rows("SELECT is_owning FROM controller_identity") { row throws(PostgresError) in
      try row.bool("is_owning")
    }.first ?? false
  }

  /// The inventories of all environments.
  package func appliedResources() async throws(StoreError) -> [TakeoverDecision.Applied] {
    let times = try await rows(StateSQL.appliedTimes) { row throws(PostgresError) in
      (
        environment: try row.text("environment"), resource: try row.text("resource"),
        at: try row.optionalTimestamp("created_at")
      )
    }
    let byEnvironment = Dictionary(grouping: times, by: \.environment)
    var applied: [TakeoverDecision.Applied] = []
    for environment in byEnvironment.keys.sorted() {
      let inventory = try await inventory(of: environment, knowing: [])
      for row in byEnvironment[environment] ?? [] {
        guard let id = ResourceID(row.resource), let entry = inventory[id] else { continue }
        applied.append(
          TakeoverDecision.Applied(
            environment: environment, resource: entry.resource, at: row.at ?? Timestamp(seconds: 0)))
      }
    }
    return applied
  }

  /// Records a decision, unless another process recorded one.
  package func takeOver(_ decision: TakeoverDecision, at time: Timestamp) async throws(StoreError) {
    do throws(PostgresError) {
      try await pool.transaction(ClaimRows.options) { transaction throws(PostgresError) in
        let results = try await transaction.pipeline([
          ClaimRows.lock, Statement("SELECT is_owning FROM controller_identity"),
          Statement(
            """
            INSERT INTO environment_marks (environment, mark)
            SELECT environment, environment FROM inventory GROUP BY environment ON CONFLICT DO NOTHING
            """),
        ])
        guard try results[1].only().bool("is_owning") == false else { return }
        var statements: [Statement] = []
        if !decision.holdings.all.isEmpty { statements.append(ClaimRows.saving(decision.holdings.all)) }
        for (environment, losses) in Dictionary(grouping: decision.losses, by: \.environment) {
          let events = losses.map { loss in
            Event(
              at: time, id: loss.resource, isWarning: true, reason: .ownershipUndecided,
              message: loss.message, revision: 0)
          }
          statements.append(insert(events, environment))
        }
        statements.append(
          Statement("UPDATE controller_identity SET is_owning = true, claims_version = claims_version + 1"))
        try await transaction.pipeline(statements)
      }
    } catch {
      throw StoreError(error)
    }
  }
}
