package import Gateway
package import Model
internal import Synchronization

/// Tokens in memory, one for each name.
package final class FakeTokens: TokenStore {
  private let records = Mutex<[TokenHash: TokenRecord]>([:])
  private let reads = Atomic<Int>(0)
  private let isDown = Atomic<Bool>(false)

  package init() {}

  /// The number of reads.
  package var count: Int { reads.load(ordering: .relaxed) }
  package func setDown(_ flag: Bool) { isDown.store(flag, ordering: .relaxed) }

  /// - Returns: the token's text.
  @discardableResult
  package func make(
    _ name: String, _ role: APIRole, subject: String? = nil, expiresAt: Timestamp? = nil
  ) -> String {
    var generator = SystemRandomNumberGenerator()
    let token = APIToken(random: &generator)
    add(token, name, role, subject: subject, expiresAt: expiresAt)
    return token.secret.reveal()
  }

  package func add(
    _ token: APIToken, _ name: String, _ role: APIRole, subject: String? = nil, expiresAt: Timestamp? = nil
  ) {
    records.withLock {
      $0[token.hash] = TokenRecord(
        name: name, role: role, subject: subject, hash: token.hash, createdAt: Timestamp(seconds: 0),
        createdBy: "test", expiresAt: expiresAt)
    }
  }

  package func revoke(_ name: String) {
    records.withLock { records in
      for (hash, old) in records where old.name == name {
        records[hash] = TokenRecord(
          name: old.name, role: old.role, subject: old.subject, hash: hash, createdAt: old.createdAt,
          createdBy: old.createdBy, expiresAt: old.expiresAt, revokedAt: Timestamp(seconds: 1))
      }
    }
  }

  package func token(_ hash: TokenHash) async throws(TokenStoreError) -> TokenRecord? {
    reads.add(1, ordering: .relaxed)
    if isDown.load(ordering: .relaxed) { throw TokenStoreError("down") }
    return records.withLock { $0[hash] }
  }
}
