package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore: EnvironmentStore {
  package func environments() async throws(StoreError) -> [String] {
    try await rows(StateSQL.environments) { row throws(PostgresError) in try row.text("environment") }
  }

  package func renameEnvironment(_ former: String, to name: String, by actor: String, at time: Timestamp)
    async throws(StoreError)
  {
    try await changing([former, name]) { records in
      guard let old = records[former], let new = records[name] else { return .success([]) }
      if let refusal = EnvironmentRecords.refusal(toRename: former, old.records, to: name, new.records) {
        return .failure(refusal)
      }
      let (from, to) = (SQLValue.text(former), SQLValue.text(name))
      let record = AuditRecord(renaming: former, to: name, revision: old.newest, by: actor, at: time)
      let names = SQLValue.text(ResourceID(kind: "Environment", name: former).description)
      let renamed = SQLValue.text(ResourceID(kind: "Environment", name: name).description)
      var statements = [
        Statement("DELETE FROM environment_marks WHERE environment = $1", [to]),
        Statement("DELETE FROM resource_status WHERE environment = $1", [to]),
        Statement("UPDATE environment_marks SET environment = $2 WHERE environment = $1", [from, to]),
      ]
      for table in ["inventory", "resource_status", "claims", "data_identities"] {
        statements.append(
          Statement(
            """
            UPDATE \(table) SET environment = $2,
              resource = CASE WHEN resource = $3 THEN $4 ELSE resource END
            WHERE environment = $1
            """, [from, to, names, renamed]))
      }
      statements += Self.hiding(former, old.newest, actor, time)
      return .success(statements + [appendAudit([record], former), appendAudit([record], name)])
    }
  }

  package func forgetEnvironment(_ name: String, abandons: Bool, by actor: String, at time: Timestamp)
    async throws(StoreError)
  {
    try await changing([name]) { records in
      guard let old = records[name] else { return .success([]) }
      if let refusal = old.records.refusal(toForget: name, abandons: abandons) { return .failure(refusal) }
      let record = AuditRecord(
        forgetting: name, old.records.resources, revision: old.newest, by: actor, at: time)
      let tables = ["inventory", "resource_status", "claims", "data_identities", "environment_marks"]
      return .success(
        tables.map { Statement("DELETE FROM \($0) WHERE environment = $1", [.text(name)]) }
          + Self.hiding(name, old.newest, actor, time) + [appendAudit([record], name)])
    }
  }

  /// The environment is not listed until it gets a newer revision.
  private static func hiding(_ name: String, _ newest: Int64, _ actor: String, _ time: Timestamp)
    -> [Statement]
  {
    [
      Statement("DELETE FROM atomic_applies WHERE environment = $1", [.text(name)]),
      Statement(
        StateSQL.forgetEnvironment, [.text(name), .int(newest), .timestamp(time), .text(actor)]),
      Statement(StateSQL.countClaimChange),
    ]
  }

  private struct Locked: Sendable {
    let records: EnvironmentRecords
    let newest: Int64
  }

  /// Runs the statements that follow from the records of environments, while no controller joins them, no
  /// revision is recorded and no claim is decided.
  private func changing(
    _ names: [String], _ change: ([String: Locked]) -> Result<[Statement], StoreError>
  ) async throws(StoreError) {
    let result: Result<Void, StoreError>
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
        case .success(let statements):
          try await transaction.pipeline(statements)
          return .success(())
        }
      }
    } catch {
      throw StoreError(error)
    }
    try result.get()
  }

  private static func locked(_ name: String, _ transaction: PostgresTransaction, _ leases: Statement)
    async throws(PostgresError) -> Locked
  {
    let results = try await transaction.pipeline([
      Statement("SELECT pg_advisory_xact_lock(726183, hashtext($1))", [.text(name)]), leases,
      Statement(StateSQL.environmentRecords, [.text(name)]),
      Statement(
        "SELECT resource FROM inventory WHERE environment = $1 ORDER BY resource", [.text(name)]),
    ])
    let row = try results[2].only()
    var resources: [ResourceID] = []
    for row in results[3] { if let id = ResourceID(try row.text("resource")) { resources.append(id) } }
    return Locked(
      records: EnvironmentRecords(
        isKnown: try row.bool("is_known"), members: try row.textArray("members"), resources: resources),
      newest: try row.int("newest"))
  }
}
