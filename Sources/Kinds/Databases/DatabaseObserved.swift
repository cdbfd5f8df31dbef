package import Model

/// The observed state of a database, or of the roles that remain of it.
package struct DatabaseObserved: Sendable, Equatable {
  /// False: only roles remain that were created for it.
  package let exists: Bool
  /// Sorted by number.
  package let migrations: [AppliedMigration]
  /// The existing roles that the manifest names, and the roles that carry this resource's mark; sorted by
  /// name.
  package let roles: [ObservedRole]

  package init(exists: Bool = true, migrations: [AppliedMigration], roles: [ObservedRole]) {
    self.exists = exists
    self.migrations = migrations
    self.roles = roles
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
  /// The resource that created it, according to the role's comment; nil for a role created by hand.
  package let madeBy: ResourceID?
  package let canLogin: Bool
  /// The declarable accesses that equal its privileges; empty where privileges were granted or revoked by
  /// hand.
  package let matches: Set<RoleAccess>

  package init(name: String, madeBy: ResourceID?, canLogin: Bool, matches: Set<RoleAccess>) {
    self.name = name
    self.madeBy = madeBy
    self.canLogin = canLogin
    self.matches = matches
  }
}

/// The operation of a step on a database.
package enum DatabaseOperation: StepOperation {
  case createDatabase
  /// Applies the platform's migration of this number and digest, and records it in the same transaction.
  case migrate(number: Int, digest: String)
  /// Creates the role, or reuses it where it carries this resource's mark.
  case createRole(String, login: Bool)
  case setLogin(String, Bool)
  /// Replaces all privileges in the database with those of the access, in one transaction.
  case grant(String, RoleAccess)
  case dropRole(String)
  /// Ends the sessions of the database and drops it.
  case dropDatabase
}
