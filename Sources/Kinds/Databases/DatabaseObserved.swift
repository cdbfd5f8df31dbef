package import Model

/// What was seen of a database, or of the roles that it left.
package struct DatabaseObserved: Sendable, Equatable {
  /// False: only roles are left, which were made for it.
  package let exists: Bool
  /// Sorted by number.
  package let migrations: [AppliedMigration]
  /// The roles that the manifest names, as far as they exist, and the roles that carry this resource's mark;
  /// sorted by name.
  package let roles: [ObservedRole]

  package init(exists: Bool = true, migrations: [AppliedMigration], roles: [ObservedRole]) {
    self.exists = exists
    self.migrations = migrations
    self.roles = roles
  }
}

/// A migration that the database says was applied.
package struct AppliedMigration: Hashable, Sendable {
  package let number: Int
  package let name: String
  /// Of the SQL text, as it was when applied.
  package let digest: String

  package init(number: Int, name: String, digest: String) {
    self.number = number
    self.name = name
    self.digest = digest
  }
}

/// A role of the server, and what it may do inside the one database.
package struct ObservedRole: Hashable, Sendable {
  package let name: String
  /// The resource that made it, as the role's comment tells; nil for a role made by hand.
  package let madeBy: ResourceID?
  package let canLogin: Bool
  /// The accesses whose privileges are in force exactly; empty where somebody granted or revoked by hand.
  package let fits: Set<RoleAccess>

  package init(name: String, madeBy: ResourceID?, canLogin: Bool, fits: Set<RoleAccess>) {
    self.name = name
    self.madeBy = madeBy
    self.canLogin = canLogin
    self.fits = fits
  }
}

/// One change of a server or of a database inside it.
package enum DatabaseOperation: StepOperation {
  case createDatabase
  /// Applies the platform's migration of this number and digest, in one transaction with the note that it was.
  case migrate(number: Int, digest: String)
  /// Creates the role, or takes it back when it carries this resource's mark.
  case createRole(String, login: Bool)
  case setLogin(String, Bool)
  /// Takes every privilege in the database away and gives those of `access`, in one transaction.
  case grant(String, RoleAccess)
  case dropRole(String)
  /// Ends the sessions of the database and drops it.
  case dropDatabase
}
