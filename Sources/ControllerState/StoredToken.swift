package import Model

/// A token of the API as it is stored: its owner and its hash.
package struct StoredToken: Hashable, Sendable {
  package var name: String
  /// viewer, operator, creator, node or admin.
  package var role: String
  /// The account of a creator, the node of a node; nil for others.
  package var subject: String?
  /// SHA-256 of the token's text, in hexadecimal digits.
  package var hash: String
  package var createdAt: Timestamp
  package var createdBy: String
  package var expiresAt: Timestamp?
  package var revokedAt: Timestamp?
  /// To the hour.
  package var lastUsedAt: Timestamp?

  package init(
    name: String, role: String, subject: String?, hash: String, createdAt: Timestamp, createdBy: String,
    expiresAt: Timestamp?
  ) {
    self.name = name
    self.role = role
    self.subject = subject
    self.hash = hash
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.expiresAt = expiresAt
  }
}
