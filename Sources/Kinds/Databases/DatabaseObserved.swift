package import Model

/// The observed state of a database, or of the roles that remain of it.
package struct DatabaseObserved: Sendable, Equatable {
  package enum Presence: Hashable, Sendable {
    /// Only roles remain that were created for it.
    case absent
    /// The server created it for the controller, and its owner is not recorded yet.
    case unfinished
    /// Its removal was interrupted. The server can neither open nor change it, only drop it.
    case halfDropped
    case present
  }

  package let presence: Presence
  /// According to the database's comment; nil where that names none, and for an external database.
  package let owner: Owner?
  /// The name under which the database of the former resource exists, where the resource was renamed and its
  /// database was not yet; nil in all other cases. The other members then describe that database.
  package let formerName: String?
  /// Sorted by number. Empty for a database that cannot be opened or that another resource owns.
  package let migrations: [AppliedMigration]
  /// The existing roles that the manifest names, and the roles that carry this resource's mark; sorted by
  /// name.
  package let roles: [ObservedRole]

  package init(
    _ presence: Presence = .present, owner: Owner?, formerName: String? = nil,
    migrations: [AppliedMigration] = [], roles: [ObservedRole] = []
  ) {
    self.presence = presence
    self.owner = owner
    self.formerName = formerName
    self.migrations = migrations
    self.roles = roles
  }

  func with(migrations: [AppliedMigration], roles: [ObservedRole]) -> DatabaseObserved {
    DatabaseObserved(
      presence, owner: owner, formerName: formerName, migrations: migrations, roles: roles)
  }
}

/// A migration that the database records as applied.
package struct AppliedMigration: Hashable, Sendable {
  package let number: Int
  package let name: String
  /// The digest of the SQL text that was applied.
  package let digest: String

  package init(number: Int, name: String, digest: String) {
    self.number = number
    self.name = name
    self.digest = digest
  }
}

/// A role of the server, and its privileges in one database.
package struct ObservedRole: Hashable, Sendable {
  package let name: String
  /// According to the role's comment; nil for a role created by hand.
  package let owner: Owner?
  package let canLogin: Bool
  /// The declarable accesses that equal its privileges; empty where privileges were granted or revoked by
  /// hand.
  package let matches: Set<RoleAccess>

  package init(name: String, owner: Owner?, canLogin: Bool, matches: Set<RoleAccess>) {
    self.name = name
    self.owner = owner
    self.canLogin = canLogin
    self.matches = matches
  }
}
