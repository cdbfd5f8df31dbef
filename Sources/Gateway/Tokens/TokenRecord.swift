package import Model

/// The stored record of a token.
package struct TokenRecord: Hashable, Sendable {
  /// Unique; stays reserved after the token is revoked.
  package let name: String
  package let role: APIRole
  /// The account of a creator, the node of a node; nil for other roles.
  package let subject: String?
  package let hash: TokenHash
  package let createdAt: Timestamp
  package let createdBy: String
  /// Nil for a token that does not expire.
  package let expiresAt: Timestamp?
  package let revokedAt: Timestamp?
  /// Accurate to the hour; nil when it was never used.
  package let lastUsedAt: Timestamp?

  package init(
    name: String, role: APIRole, subject: String?, hash: TokenHash, createdAt: Timestamp, createdBy: String,
    expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil
  ) {
    self.name = name
    self.role = role
    self.subject = subject
    self.hash = hash
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.expiresAt = expiresAt
    self.revokedAt = revokedAt
    self.lastUsedAt = lastUsedAt
  }

  package func isValid(at time: Timestamp) -> Bool {
    revokedAt == nil && expiresAt.map { time < $0 } ?? true
  }

  package var principal: APIPrincipal { APIPrincipal(name: name, role: role, subject: subject) }

  /// The problem of a new token's name, role or subject; nil for none.
  package static func problem(name: String, role: APIRole, subject: String?) -> String? {
    guard (1...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ byte in
        (97...122).contains(byte | 32) || (48...57).contains(byte) || [45, 46, 95].contains(byte)
      })
    else { return "a token's name is 1 to 64 ASCII letters, digits, dots, dashes and underscores" }
    switch (role, subject) {
    case (.creator, nil): return "a creator's token needs the account that pays"
    case (.node, nil): return "a node's token needs the node's name"
    case (.viewer, .some), (.operator, .some), (.admin, .some):
      return "only tokens of creators and nodes have a subject"
    case (.creator, .some(let subject)), (.node, .some(let subject)):
      return (1...128).contains(subject.utf8.count) ? nil : "a subject is 1 to 128 bytes"
    default: return nil
    }
  }
}

/// The store of tokens.
package protocol TokenStore: Sendable {
  /// Nil when there never was such a token. Also records the use of the token, at most once an hour.
  func token(_ hash: TokenHash) async throws(TokenStoreError) -> TokenRecord?
}

/// The token store could not be read.
package enum TokenStoreErrorCode: String, ProblemCode {
  case unavailable

  package static let domain = "tokens"
  package var retry: Retry { .later }
}

package typealias TokenStoreError = Problem<TokenStoreErrorCode>

extension TokenStoreError {
  package init(_ message: String) { self.init(.unavailable, message) }
}
