package import Model
package import Postgres
package import Reconciling

/// The API's tokens in PostgreSQL.
package struct PostgresTokens: Sendable {
  private let pool: PostgresPool

  package init(pool: PostgresPool) { self.pool = pool }

  /// The token with this hash; nil when there is none. Records its use, at most once an hour.
  package func token(hash: String) async throws(StoreError) -> StoredToken? {
    try await read(
      Statement(StateSQL.tokenByHash, [.text(hash)])
    ).first
  }

  /// All tokens, sorted by name.
  package func all() async throws(StoreError) -> [StoredToken] {
    try await read(Statement(StateSQL.tokensByName))
  }

  /// - Returns: False when the name is taken.
  package func add(_ token: StoredToken) async throws(StoreError) -> Bool {
    try await insert(token, onlyFirst: false)
  }

  /// Adds the token when there is none at all, revoked ones included.
  /// - Returns: Whether it was added. Of concurrent calls with the same name, one adds its token.
  package func addFirst(_ token: StoredToken) async throws(StoreError) -> Bool {
    try await insert(token, onlyFirst: true)
  }

  private func insert(_ token: StoredToken, onlyFirst: Bool) async throws(StoreError) -> Bool {
    let statement = Statement(
      StateSQL.insertToken,
      [
        .text(token.name), .text(token.role), .optional(token.subject, SQLValue.text), .text(token.hash),
        .timestamp(token.createdAt), .text(token.createdBy),
        .optional(token.expiresAt, SQLValue.timestamp), .bool(onlyFirst),
      ])
    do throws(PostgresError) {
      return try await pool.pipeline([statement])[0].count == 1
    } catch {
      throw StoreError(error)
    }
  }

  /// Revokes a token. Gateways reject it within seconds. Repeating it changes nothing.
  /// - Returns: Nil when there is no such token.
  package func revoke(_ name: String, at time: Timestamp, by person: String) async throws(StoreError)
    -> StoredToken?
  {
    try await read(
      Statement(StateSQL.revokeToken, [.text(name), .timestamp(time), .text(person)])
    ).first
  }

  private func read(_ statement: Statement) async throws(StoreError) -> [StoredToken] {
    do throws(PostgresError) {
      var tokens: [StoredToken] = []
      for row in try await pool.pipeline([statement])[0] {
        var token = StoredToken(
          name: try row.text("name"), role: try row.text("role"), subject: try row.optionalText("subject"),
          hash: try row.text("hash"), createdAt: try row.timestamp("created_at"),
          createdBy: try row.text("created_by"), expiresAt: try row.optionalTimestamp("expires_at"))
        token.revokedAt = try row.optionalTimestamp("revoked_at")
        token.lastUsedAt = try row.optionalTimestamp("last_used_at")
        tokens.append(token)
      }
      return tokens
    } catch {
      throw StoreError(error)
    }
  }
}
