package import Model
package import Postgres
package import Reconciling

/// The state in PostgreSQL. Every method is one round trip and one transaction.
package struct PostgresStateStore: StateStore {
  let pool: PostgresPool
  /// Makes a kind's spec from its canonical value; nil when the kind cannot read it.
  let revive: @Sendable (ResourceID, Value) -> (any ResourceSpec)?
  let recorded = RecordedRevisions()
  /// What its writes need; nil: nothing.
  var fencingTokens: FencingTokens?

  package init(pool: PostgresPool, revive: @escaping @Sendable (ResourceID, Value) -> (any ResourceSpec)?) {
    self.pool = pool
    self.revive = revive
  }

  /// Environments that have a revision, sorted.
  package func environments() async throws(StoreError) -> [String] {
    try await rows("SELECT DISTINCT environment FROM revisions ORDER BY environment") {
      row throws(PostgresError) in
      try row.text(0)
    }
  }

  /// Marks what this controller owns in the outside world: `proposal` the first time, the same ever after.
  package func owner(proposal: String) async throws(StoreError) -> String {
    let results = try await transaction([
      Statement(
        "INSERT INTO controller_identity (owner) VALUES ($1) ON CONFLICT DO NOTHING", [.text(proposal)]),
      Statement("SELECT owner FROM controller_identity"),
    ])
    return try reading { () throws(PostgresError) in try results[1].only().text(0) }
  }

  // MARK: Calling the database with the module's error

  func transaction(_ statements: [Statement]) async throws(StoreError) -> [Rows] {
    do throws(PostgresError) {
      return try await pool.pipeline(statements)
    } catch {
      throw StoreError(error)
    }
  }

  func rows<Output>(
    _ sql: String, _ parameters: [SQLValue] = [], each: (Row) throws(PostgresError) -> Output
  ) async throws(StoreError) -> [Output] {
    let rows = try await transaction([Statement(sql, parameters)])[0]
    return try reading { () throws(PostgresError) in
      var outputs: [Output] = []
      outputs.reserveCapacity(rows.count)
      for row in rows { outputs.append(try each(row)) }
      return outputs
    }
  }

  func reading<Output>(_ read: () throws(PostgresError) -> Output) throws(StoreError) -> Output {
    do throws(PostgresError) {
      return try read()
    } catch {
      throw StoreError(error)
    }
  }
}

extension StoreError {
  init(_ error: PostgresError) {
    if let refusal = StoreError(refusal: error) {
      self = refusal
      return
    }
    let backend = error.backendError
    self.init(code: backend.code.rawValue, "the controller's state: \(backend.message)", hint: backend.hint)
  }

  /// A row that this program did not write.
  static func foreign(_ what: String) -> StoreError {
    StoreError(code: "state.foreign", "the controller's state holds \(what) that this version cannot read")
  }
}
