package import ControllerState
package import Gateway
package import Model
package import Reconciling

/// The API's tokens as the gateway asks for them.
package struct StoredTokens: TokenStore {
  package let tokens: PostgresTokens

  package func token(_ hash: TokenHash) async throws(TokenStoreError) -> TokenRecord? {
    do throws(StoreError) {
      return try await tokens.token(hash: hash.hex)?.record
    } catch {
      throw TokenStoreError(error.description)
    }
  }
}

extension StoredToken {
  /// Nil for a row that this program did not write.
  package var record: TokenRecord? {
    guard let role = APIRole(rawValue: role), let hash = TokenHash(hex: hash) else { return nil }
    return TokenRecord(
      name: name, role: role, subject: subject, hash: hash, createdAt: createdAt, createdBy: createdBy,
      expiresAt: expiresAt, revokedAt: revokedAt, lastUsedAt: lastUsedAt)
  }
}

extension Session {
  /// Makes a token, and keeps its hash.
  /// - Parameter onlyFirst: only where there was never a token.
  /// - Returns: nil where the name is taken, or it is not the first.
  package func makeToken(
    _ name: String, _ role: APIRole, subject: String? = nil, expiresAt: Timestamp? = nil,
    onlyFirst: Bool = false
  ) async throws(StoreError) -> Secret? {
    var generator = SystemRandomNumberGenerator()
    let token = APIToken(random: &generator)
    let stored = StoredToken(
      name: name, role: role.rawValue, subject: subject, hash: token.hash.hex, createdAt: engine.time.now(),
      createdBy: Authorship.here("token", []).actor, expiresAt: expiresAt)
    let isAdded =
      onlyFirst ? try await tokens.addFirst(stored) : try await tokens.add(stored)
    return isAdded ? token.secret : nil
  }
}
