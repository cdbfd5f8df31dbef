internal import Concurrency
package import Model
package import Postgres
package import Reconciling

/// Observes and changes databases through their servers: one query lists the embedded databases, two more
/// read each.
package struct DatabaseBackend: ResourceBackend {
  /// The platform's migrations, sorted by number.
  private let known: [Migrations.Migration]
  private let pools: DatabasePools

  /// - Throws: `.migration` where two migrations have the same number.
  package init(migrations: [Migrations.Migration], pools: @escaping DatabasePools) throws(PostgresError) {
    _ = try Migrations(migrations)
    known = migrations.sorted { $0.number < $1.number }
    self.pools = pools
  }

  package var system: String { "PostgreSQL" }

  /// A migration may rewrite a large table.
  package func deadline(of operation: DatabaseOperation, for subject: Subject<DatabaseSpec>) -> TimeSpan {
    if case .migrate = operation { TimeSpan(seconds: 3600) } else { TimeSpan(seconds: 300) }
  }

  // MARK: Observing

  package func observe(
    _ subjects: [Subject<DatabaseSpec>], in context: ReconcileContext
  ) async -> [ResourceID: Result<DatabaseObserved?, BackendError>] {
    let embedded = await embeddedDatabases(of: subjects)
    var results: [ResourceID: Result<DatabaseObserved?, BackendError>] = [:]
    for subject in subjects {
      results[subject.id] = await Result { () async throws(PostgresError) in
        try await observe(subject, among: embedded, in: context)
      }.mapError { $0.backendError }
    }
    return results
  }

  /// The names of the private server's databases; nil where no subject is embedded.
  private func embeddedDatabases(
    of subjects: [Subject<DatabaseSpec>]
  ) async -> Result<Set<String>, PostgresError>? {
    let isNeeded = subjects.contains { subject in
      if case .embedded? = subject.spec?.address(of: subject.id) { true } else { false }
    }
    guard isNeeded else { return nil }
    return await Result { () async throws(PostgresError) in
      var names: Set<String> = []
      for row in try await server().query("SELECT datname FROM pg_database") {
        names.insert(try row.text("datname"))
      }
      return names
    }
  }

  private func observe(
    _ subject: Subject<DatabaseSpec>, among embedded: Result<Set<String>, PostgresError>?,
    in context: ReconcileContext
  ) async throws(PostgresError) -> DatabaseObserved? {
    guard let spec = subject.spec else { return nil }
    let address = spec.address(of: subject.id)
    if case .embedded(let name) = address, let embedded, try !embedded.get().contains(name) {
      return try await remainingRoles(of: subject.id, context)
    }
    return try await observe(address, spec, subject.id, context)
  }

  /// The roles of a database that does not exist. They remain where its removal was interrupted, or where it
  /// was dropped by hand.
  private func remainingRoles(
    of id: ResourceID, _ context: ReconcileContext
  ) async throws(PostgresError) -> DatabaseObserved? {
    let rows = try await server().query(
      RoleStatements.observe, [.textArray([]), .text(RoleMark.comment(id, context.owner))])
    var roles: [ObservedRole] = []
    for row in rows {
      let role = try RoleStatements.read(row, owner: context.owner)
      roles.append(ObservedRole(name: role.name, madeBy: role.madeBy, canLogin: role.canLogin, matches: []))
    }
    return roles.isEmpty ? nil : DatabaseObserved(exists: false, migrations: [], roles: roles)
  }

  private func observe(
    _ address: DatabaseAddress, _ spec: DatabaseSpec, _ id: ResourceID, _ context: ReconcileContext
  ) async throws(PostgresError) -> DatabaseObserved {
    let pool = try await pools(address)
    let answers = try await pool.pipeline([
      Statement("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS is_there"),
      Statement(
        RoleStatements.observe,
        [.textArray(spec.roles.map(\.name)), .text(RoleMark.comment(id, context.owner))]),
    ])
    var roles: [ObservedRole] = []
    for row in answers[1] { roles.append(try RoleStatements.read(row, owner: context.owner)) }
    var migrations: [AppliedMigration] = []
    if try answers[0].only().bool("is_there") {
      for row in try await pool.query(DatabaseBackend.applied) {
        migrations.append(
          AppliedMigration(
            number: try row.value("number"), name: try row.text("name"), digest: try row.text("digest")))
      }
    }
    return DatabaseObserved(migrations: migrations, roles: roles)
  }

  private static let applied = "SELECT number, name, digest FROM public.schema_migrations ORDER BY number"

  /// The maintenance database of the private server, for statements about databases and roles.
  private func server() async throws(PostgresError) -> PostgresPool {
    try await pools(.embedded(database: "postgres"))
  }

  // MARK: Applying

  package func apply(
    _ operation: DatabaseOperation, to subject: Subject<DatabaseSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    guard let address = subject.spec?.address(of: subject.id) else { return }
    do throws(PostgresError) {
      switch operation {
      case .createDatabase: try await create(address)
      case .migrate(let number, let digest):
        try await migrate(try await pools(address), to: number, digest, subject.id)
      case .createRole(let name, let login):
        try await createRole(name, login, on: address, RoleMark.comment(subject.id, context.owner))
      case .setLogin(let name, let login):
        try await pools(address).script(RoleStatements.login(name, login))
      case .grant(let name, let access):
        try await pools(address).script(RoleStatements.grant(access, to: name))
      case .dropRole(let name): try await dropRole(name, on: address, isDatabaseGone: subject.desired == nil)
      case .dropDatabase: try await drop(address)
      }
    } catch {
      throw error.backendError
    }
  }

  private func create(_ address: DatabaseAddress) async throws(PostgresError) {
    guard case .embedded(let name) = address else { return }
    do throws(PostgresError) {
      try await server().script("CREATE DATABASE \(SQLName.quoted(name))")
    } catch {
      // 42P04: the database already exists.
      guard error.sqlState == "42P04" || error.code == .duplicate else { throw error }
    }
  }

  private func drop(_ address: DatabaseAddress) async throws(PostgresError) {
    guard case .embedded(let name) = address else { return }
    try await server().script("DROP DATABASE IF EXISTS \(SQLName.quoted(name)) WITH (FORCE)")
  }

  private func migrate(
    _ pool: PostgresPool, to number: Int, _ digest: String, _ id: ResourceID
  ) async throws(PostgresError) {
    guard known.contains(where: { $0.number == number && $0.digest.hex == digest }) else {
      throw PostgresError(
        .migration, "the plan for \(id) has a migration \(number) that this release does not have",
        hint: "make the plan again with this release", server: pool.server)
    }
    guard try await Migrations(known).pending(on: pool).contains(where: { $0.number == number }) else {
      return
    }
    try await Migrations(known.filter { $0.number <= number }).apply(to: pool)
  }

  private func createRole(
    _ name: String, _ login: Bool, on address: DatabaseAddress, _ mark: String
  ) async throws(PostgresError) {
    let pool = try await pools(address)
    let found = try await pool.query(RoleStatements.mark, [.text(name)])
    guard let row = found.first else {
      try await pool.script(RoleStatements.create(name, login, mark))
      return
    }
    guard try row.optionalText("mark") == mark else {
      throw PostgresError(
        .duplicate, "role \(name) already exists and was not created for this resource",
        hint: "give the role another name, or drop the existing one", server: pool.server)
    }
    try await pool.script(RoleStatements.login(name, login))
  }

  /// Drops a role. The tables that it owns go to the controller's role, so that no data is lost.
  private func dropRole(
    _ name: String, on address: DatabaseAddress, isDatabaseGone: Bool
  ) async throws(PostgresError) {
    let pool = isDatabaseGone ? try await server() : try await pools(address)
    guard try await !pool.query(RoleStatements.mark, [.text(name)]).isEmpty else { return }
    try await pool.script(RoleStatements.drop(name))
  }
}
