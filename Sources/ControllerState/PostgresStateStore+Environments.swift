package import Model
package import Postgres
package import Reconciling

extension PostgresStateStore: EnvironmentStore {
  package func environments() async throws(StoreError) -> [String] {
    try await rows(StateSQL.environments) { row throws(PostgresError) in try row.text("environment") }
  }

  package func forgetEnvironment(_ name: String, abandons: Bool, by actor: String, at time: Timestamp)
    async throws(StoreError)
  {
    try await forgetEnvironment(name, abandons: abandons, by: actor, at: time, with: [])
  }

  /// The same, in one transaction with statements about other tables that are keyed by the name.
  package func forgetEnvironment(
    _ name: String, abandons: Bool, by actor: String, at time: Timestamp, with others: [Statement]
  ) async throws(StoreError) {
    _ = try await changing([name]) { records in
      guard let old = records[name] else { return .success([]) }
      if let refusal = old.records.refusal(toForget: name, abandons: abandons) { return .failure(refusal) }
      let record = AuditRecord(
        forgetting: name, old.records.resources, revision: old.newest, by: actor, at: time)
      let tables = ["inventory", "resource_status", "claims", "data_identities", "environment_marks"]
      return .success(
        tables.map { Statement("DELETE FROM \($0) WHERE environment = $1", [.text(name)]) }
          + evicting(name) + others + Self.hiding(name, old.newest, actor, time)
          + [appendAudit([record], name)])
    }
  }

  /// Ends the leases of all controllers, of which none is a member: one that was paused is rejected.
  func evicting(_ name: String) -> [Statement] {
    [
      Statement("DELETE FROM replicas WHERE environment = $1", [.text(name)]),
      Statement(
        "UPDATE leases SET holder = NULL, token = token + 1 WHERE environment = $1", [.text(name)]),
      Self.endPendingRemovals(in: name),
    ] + notify(.leases, in: name)
  }

  /// The environment is not listed until it gets a newer revision.
  static func hiding(_ name: String, _ newest: Int64, _ actor: String, _ time: Timestamp)
    -> [Statement]
  {
    [
      Statement("DELETE FROM atomic_applies WHERE environment = $1", [.text(name)]),
      Statement(
        StateSQL.forgetEnvironment, [.text(name), .int(newest), .timestamp(time), .text(actor)]),
      Statement(StateSQL.countClaimChange),
    ]
  }

  struct Locked: Sendable {
    let records: EnvironmentRecords
    let newest: Int64
  }

  /// Runs the statements that follow from the records of environments, while no controller joins them, no
  /// revision is recorded and no claim is decided.
  /// - Returns: whether there were statements; nil instead of statements changes nothing.
  func changing(
    _ names: [String], _ change: ([String: Locked]) -> Result<[Statement]?, StoreError>
  ) async throws(StoreError) -> Bool {
    let result: Result<Bool, StoreError>
    do throws(PostgresError) {
      result = try await pool.transaction(ClaimRows.options) {
        transaction throws(PostgresError) in
        var records: [String: Locked] = [:]
        for name in names.sorted() {
          records[name] = try await Self.locked(name, transaction, lockLeases(in: name))
        }
        try await transaction.pipeline([ClaimRows.lock])
        switch change(records) {
        case .failure(let error): return .failure(error)
        case .success(nil): return .success(false)
        case .success(let statements?):
          try await transaction.pipeline(statements)
          return .success(true)
        }
      }
    } catch {
      throw StoreError(error)
    }
    return try result.get()
  }

  private static func locked(_ name: String, _ transaction: PostgresTransaction, _ leases: Statement)
    async throws(PostgresError) -> Locked
  {
    let results = try await transaction.pipeline([
      Statement("SELECT pg_advisory_xact_lock(726183, hashtext($1))", [.text(name)]), leases,
      Statement(StateSQL.environmentRecords, [.text(name)]),
      Statement(
        "SELECT resource FROM inventory WHERE environment = $1 ORDER BY resource", [.text(name)]),
      Statement(
        StateSQL.uncertainSteps, [.text(name), .int(Engine.settlingSpan.milliseconds)]),
    ])
    let row = try results[2].only()
    var resources: [ResourceID] = []
    for row in results[3] { if let id = ResourceID(try row.text("resource")) { resources.append(id) } }
    var uncertain: [ResourceID] = []
    for row in results[4] { if let id = ResourceID(try row.text("resource")) { uncertain.append(id) } }
    return Locked(
      records: EnvironmentRecords(
        isKnown: try row.bool("is_known"), members: try row.textArray("members"), resources: resources,
        uncertain: uncertain),
      newest: try row.int("newest"))
  }
}
