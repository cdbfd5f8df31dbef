/// Runs statements: a pool each call as a transaction of its own, a transaction all calls together.
package protocol StatementExecutor: Sendable {
  /// Sends all statements in one round trip. Throws the error of the first failing statement, after which
  /// none is executed.
  @discardableResult
  func pipeline(_ statements: [Statement]) async throws(PostgresError) -> [Rows]
}

extension StatementExecutor {
  /// Runs one statement.
  @discardableResult
  package func query(_ sql: String, _ parameters: [SQLValue] = []) async throws(PostgresError) -> Rows {
    try await pipeline([Statement(sql, parameters)])[0]
  }
}
