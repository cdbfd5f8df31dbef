package import Model
package import Postgres
package import Reconciling

/// The state in PostgreSQL. Every method is one transaction.
package struct PostgresStateStore: StateStore {
  let pool: PostgresPool
  /// Creates a kind's spec from its canonical value; nil when the kind cannot read it.
  let revive: @Sendable (ResourceID, Value) -> (any ResourceSpec)?
  let recorded = RecordedRevisions()
  let knownOwnership = KnownOwnership()
  /// The tokens that writes require to be current; nil for none.
  var fencingTokens: FencingTokens?

  package init(pool: PostgresPool, revive: @escaping @Sendable (ResourceID, Value) -> (any ResourceSpec)?) {
    self.pool = pool
    self.revive = revive
  }

  /// The mark of what this controller owns in outside systems: `proposal` at the first call, the same value
  /// at each later one.
  package func owner(proposal: String) async throws(StoreError) -> String {
    let results = try await transaction([
      Statement(
        "INSERT INTO controller_identity (owner) VALUES ($1) ON CONFLICT DO NOTHING", [.text(proposal)]),
      Statement("SELECT owner FROM controller_identity"),
    ])
    return try reading { () throws(PostgresError) in try results[1].only().text("owner") }
  }

  // MARK: Statements

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

  /// The ids in the column `resource` of a statement's rows, without those that this version cannot read.
  func resources(_ sql: String, _ parameters: [SQLValue]) async throws(StoreError) -> Set<ResourceID> {
    let ids = try await rows(sql, parameters) { row throws(PostgresError) in
      ResourceID(try row.text("resource"))
    }
    return Set(ids.lazy.compactMap { $0 })
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
    if let rejection = StoreError(rejection: error) {
      self = rejection
      return
    }
    let backend = error.backendError
    self.init(code: backend.code.rawValue, "the controller's state: \(backend.message)", hint: backend.hint)
  }

  /// A row that this version cannot read.
  static func unreadable(_ what: String) -> StoreError {
    StoreError(code: "state.foreign", "the controller's state holds \(what) that this version cannot read")
  }
}
