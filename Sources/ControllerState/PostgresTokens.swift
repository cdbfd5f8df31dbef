package import Model
package import Postgres
package import Reconciling

/// The API's tokens in PostgreSQL.
package struct PostgresTokens: Sendable {
  private let pool: PostgresPool

  package init(pool: PostgresPool) { self.pool = pool }

  /// Nil: there never was one. Notes, at most once an hour, that it was used.
  package func token(hash: String) async throws(StoreError) -> StoredToken? {
    try await read(
      Statement(
        """
        WITH used AS (
          UPDATE api_tokens SET last_used_at = now()
          WHERE hash = $1 AND revoked_at IS NULL
            AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')
        )
        SELECT \(PostgresTokens.columns) FROM api_tokens WHERE hash = $1
        """, [.text(hash)])
    ).first
  }

  /// By name.
  package func all() async throws(StoreError) -> [StoredToken] {
    try await read(Statement("SELECT \(PostgresTokens.columns) FROM api_tokens ORDER BY name"))
  }

  /// - Returns: false where the name is taken.
  package func add(_ token: StoredToken) async throws(StoreError) -> Bool {
    try await insert(token, onlyFirst: false)
  }

  /// Adds it where there was never a token.
  /// - Returns: whether it was added; of several of one name that come at once, one is.
  package func addFirst(_ token: StoredToken) async throws(StoreError) -> Bool {
    try await insert(token, onlyFirst: true)
  }

  private func insert(_ token: StoredToken, onlyFirst: Bool) async throws(StoreError) -> Bool {
    let condition = onlyFirst ? "WHERE NOT EXISTS (SELECT FROM api_tokens)" : ""
    let statement = Statement(
      """
      INSERT INTO api_tokens (name, role, subject, hash, created_at, created_by, expires_at)
      SELECT $1, $2, $3, $4, $5::timestamptz, $6, $7::timestamptz \(condition)
      ON CONFLICT (name) DO NOTHING RETURNING name
      """,
      [
        .text(token.name), .text(token.role), token.subject.map { .text($0) } ?? .null, .text(token.hash),
        .timestamp(token.createdAt), .text(token.createdBy),
        token.expiresAt.map { .timestamp($0) } ?? .null,
      ])
    do throws(PostgresError) {
      return try await pool.pipeline([statement])[0].count == 1
    } catch {
      throw StoreError(error)
    }
  }

  /// From now on it is refused; gateways notice within seconds. Revoking again changes nothing.
  /// - Returns: nil where there is no such token.
  package func revoke(_ name: String, at time: Timestamp, by person: String) async throws(StoreError)
    -> StoredToken?
  {
    try await read(
      Statement(
        """
        UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
        WHERE name = $1 RETURNING \(PostgresTokens.columns)
        """, [.text(name), .timestamp(time), .text(person)])
    ).first
  }

  private static let columns =
    "name, role, subject, hash, created_at, created_by, expires_at, revoked_at, last_used_at"

  private func read(_ statement: Statement) async throws(StoreError) -> [StoredToken] {
    do throws(PostgresError) {
      var tokens: [StoredToken] = []
      for row in try await pool.pipeline([statement])[0] {
        var token = StoredToken(
          name: try row.text(0), role: try row.text(1), subject: try row.optionalText(2),
          hash: try row.text(3), createdAt: try row.timestamp(4), createdBy: try row.text(5),
          expiresAt: try row.optionalTimestamp(6))
        token.revokedAt = try row.optionalTimestamp(7)
        token.lastUsedAt = try row.optionalTimestamp(8)
        tokens.append(token)
      }
      return tokens
    } catch {
      throw StoreError(error)
    }
  }
}
