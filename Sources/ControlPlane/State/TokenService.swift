package import ControllerState
package import Gateway
package import Model
package import Reconciling

/// The API's tokens: created and revoked by operators, looked up by gateways.
package struct TokenService: Sendable {
  package let tokens: PostgresTokens
  package let now: @Sendable () -> Timestamp

  /// By name.
  package func list() async throws(StoreError) -> [StoredToken] { try await tokens.all() }

  /// Creates a token and stores its hash.
  /// - Parameter isFirst: create it only if the state never had a token.
  /// - Returns: nil if the name exists, or if the state has had a token and `isFirst` is set.
  package func create(
    _ name: String, _ role: APIRole, subject: String? = nil, expiresAt: Timestamp? = nil,
    isFirst: Bool = false
  ) async throws(StoreError) -> Secret? {
    var generator = SystemRandomNumberGenerator()
    let token = APIToken(random: &generator)
    let stored = StoredToken(
      name: name, role: role.rawValue, subject: subject, hash: token.hash.hex, createdAt: now(),
      createdBy: Authorship.localActor, expiresAt: expiresAt)
    let isAdded = isFirst ? try await tokens.addFirst(stored) : try await tokens.add(stored)
    return isAdded ? token.secret : nil
  }

  /// - Returns: nil if there is no such token.
  package func revoke(_ name: String) async throws(StoreError) -> StoredToken? {
    try await tokens.revoke(name, at: now(), by: Authorship.localActor)
  }
}

extension TokenService: TokenStore {
  package func token(_ hash: TokenHash) async throws(TokenStoreError) -> TokenRecord? {
    do throws(StoreError) {
      return try await tokens.token(hash: hash.hex)?.record
    } catch {
      throw TokenStoreError(error.description)
    }
  }
}

extension StoredToken {
  /// Nil for a row with an unknown role or an invalid hash.
  package var record: TokenRecord? {
    guard let role = APIRole(rawValue: role), let hash = TokenHash(hex: hash) else { return nil }
    return TokenRecord(
      name: name, role: role, subject: subject, hash: hash, createdAt: createdAt, createdBy: createdBy,
      expiresAt: expiresAt, revokedAt: revokedAt, lastUsedAt: lastUsedAt)
  }
}
