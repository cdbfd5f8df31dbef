internal import Model
internal import Postgres

/// The roles of a database's server that a resource declares. A role of another owner is never changed.
struct DatabaseRoles: Sendable {
  /// Connections to the database, or to the maintenance database where that is gone.
  let pool: PostgresPool
  let server: DatabaseServer
  /// The resource's mark.
  let owner: Owner
  /// The comments of roles that belong to the resource.
  let marks: [String]

  /// Creates the role with its mark, or reuses it where it carries the mark already.
  func create(_ name: String, login: Bool) async throws(BackendError) {
    guard try await exists(name) else {
      try await script(RoleStatements.create(name, login, OwnerComment.text(owner)))
      return
    }
    try await script(RoleStatements.login(name, login))
  }

  /// - Parameter replaced: The owner that the mark may name until now, beside the resource and its former
  ///   name; nil for none.
  func recordOwner(of name: String, replacing replaced: Owner?) async throws(BackendError) {
    guard try await exists(name, of: replaced) else {
      throw BackendError(code: "role.missing", "role \(name) does not exist", retry: .later)
    }
    try await script(RoleStatements.comment(name, OwnerComment.text(owner)))
  }

  func setLogin(_ name: String, _ login: Bool) async throws(BackendError) {
    try await script(RoleStatements.login(name, login))
  }

  func grant(_ access: RoleAccess, to name: String) async throws(BackendError) {
    try await script(RoleStatements.grant(access, to: name))
  }

  /// Drops a role. The tables that it owns go to the controller's role, so that no data is lost.
  func drop(_ name: String) async throws(BackendError) {
    guard try await exists(name) else { return }
    try await script(RoleStatements.drop(name))
  }

  /// - Parameter other: An owner that the mark may name beside those of `marks`.
  /// - Throws: `role.foreign` where the role exists and does not carry one of the marks.
  private func exists(_ name: String, of other: Owner? = nil) async throws(BackendError) -> Bool {
    let mark: String?
    do throws(PostgresError) {
      guard let row = try await pool.query(RoleStatements.mark, [.text(name)]).first else { return false }
      mark = try row.optionalText("mark")
    } catch {
      throw error.backendError
    }
    guard let mark, marks.contains(mark) || mark == other.map({ OwnerComment.text($0) }) else {
      throw OwnershipConflict(
        .role(name, on: server), owner: OwnerComment.owner(mark), claimant: owner
      ).backendError(code: "role.foreign")
    }
    return true
  }

  private func script(_ sql: String) async throws(BackendError) {
    do throws(PostgresError) { try await pool.script(sql) } catch { throw error.backendError }
  }
}
