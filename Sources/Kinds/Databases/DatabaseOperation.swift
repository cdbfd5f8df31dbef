package import Model

/// The operation of a step on a database.
package enum DatabaseOperation: StepOperation {
  /// Creates the database with its mark, or finishes an interrupted creation.
  case createDatabase
  /// Marks the database as this resource's own, in place of the resource that its mark names; nil for none.
  case recordOwner(replacing: ResourceID?)
  /// Ends the sessions of the former resource's database and gives it the name that is declared now.
  case renameDatabase(from: String)
  /// Applies the platform's migration of this number and digest, and records it in the same transaction.
  case migrate(number: Int, digest: String)
  /// Creates the role, or reuses it where it carries this resource's mark.
  case createRole(String, login: Bool)
  /// Marks the role as this resource's own, in place of the resource that its mark names; nil for none.
  case recordOwnerOfRole(String, replacing: ResourceID?)
  case setLogin(String, Bool)
  /// Replaces all privileges in the database with those of the access, in one transaction.
  case grant(String, RoleAccess)
  case dropRole(String)
  /// Ends the sessions of the database and drops it. Repeated for a database whose removal was interrupted.
  case dropDatabase

  /// An interrupted `DROP DATABASE` leaves a database that the server cannot open, and `CREATE DATABASE` and
  /// the record of its owner are two transactions.
  package var isInterruptible: Bool {
    switch self {
    case .createDatabase, .renameDatabase, .dropDatabase: false
    case .recordOwner, .migrate, .createRole, .recordOwnerOfRole, .setLogin, .grant, .dropRole: true
    }
  }
}
