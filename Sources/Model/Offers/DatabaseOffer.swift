/// A PostgreSQL database. Offered by `Database`.
package struct DatabaseOffer: Sendable, Equatable {
  package let address: DatabaseAddress
  package init(address: DatabaseAddress) { self.address = address }
}

package enum DatabaseAddress: Hashable, Sendable, Codable {
  /// A database of this name in the controller's private server.
  case embedded(database: String)
  /// A libpq URL, kept as a secret because it may hold a password.
  case external(url: SecretReference)
}
