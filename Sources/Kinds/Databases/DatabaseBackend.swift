package import Model
package import Postgres
package import Reconciling

/// Looks at and changes databases through their servers: one query for which exist, two for each that does.
package struct DatabaseBackend: ResourceBackend {
  /// The pool of a database, which need not exist.
  package typealias Pools = @Sendable (DatabaseAddress) async throws(PostgresError) -> PostgresPool

  private let known: [Migrations.Migration]
  private let pools: Pools

  /// Throws `.migration` when two migrations have the same number.
  package init(migrations: [Migrations.Migration], pools: @escaping Pools) throws(PostgresError) {
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
    var answers: [ResourceID: Result<DatabaseObserved?, BackendError>] = [:]
    var names: Result<Set<String>, BackendError>?
    for subject in subjects {
      guard let spec = subject.spec else {
        answers[subject.id] = .success(nil)
        continue
      }
      let address = spec.address(of: subject.id)
      if case .embedded(let name) = address {
        let present: Result<Set<String>, BackendError>
        if let names { present = names } else { present = await embeddedDatabases() }
        names = present
        if case .failure(let error) = present {
          answers[subject.id] = .failure(error)
          continue
        }
        guard case .success(let found) = present, found.contains(name) else {
          answers[subject.id] = await rolesLeft(by: subject.id, context)
          continue
        }
      }
      answers[subject.id] = await look(at: address, spec, subject.id, context)
    }
    return answers
  }

  /// Roles carry the mark of a database that is gone where its removal ended half-way, or where it was dropped by hand.
  private func rolesLeft(by id: ResourceID, _ context: ReconcileContext) async
    -> Result<DatabaseObserved?, BackendError>
  {
    do throws(PostgresError) {
      let rows = try await server().query(
        RoleStatements.observe, [.textArray([]), .text(RoleMark.comment(id, context.owner))])
      var roles: [ObservedRole] = []
      for row in rows {
        let role = try RoleStatements.read(row, owner: context.owner)
        roles.append(ObservedRole(name: role.name, madeBy: role.madeBy, canLogin: role.canLogin, fits: []))
      }
      return .success(roles.isEmpty ? nil : DatabaseObserved(exists: false, migrations: [], roles: roles))
    } catch {
      return .failure(error.backendError)
    }
  }

  private func embeddedDatabases() async -> Result<Set<String>, BackendError> {
    do throws(PostgresError) {
      let rows = try await server().query("SELECT datname FROM pg_database")
      var names: Set<String> = []
      for row in rows { names.insert(try row.text(0)) }
      return .success(names)
    } catch {
      return .failure(error.backendError)
    }
  }

  private func look(
    at address: DatabaseAddress, _ spec: DatabaseSpec, _ id: ResourceID, _ context: ReconcileContext
  ) async -> Result<DatabaseObserved?, BackendError> {
    do throws(PostgresError) {
      let pool = try await pools(address)
      let answers = try await pool.pipeline([
        Statement("SELECT to_regclass('public.schema_migrations') IS NOT NULL"),
        Statement(
          RoleStatements.observe,
          [.textArray(spec.roles.map(\.name)), .text(RoleMark.comment(id, context.owner))]),
      ])
      var roles: [ObservedRole] = []
      for row in answers[1] { roles.append(try RoleStatements.read(row, owner: context.owner)) }
      var migrations: [AppliedMigration] = []
      if try answers[0].only().bool(0) {
        for row in try await pool.query(DatabaseBackend.applied) {
          migrations.append(
            AppliedMigration(
              number: try row.value(0), name: try row.text(1), digest: try row.text(2)))
        }
      }
      return .success(DatabaseObserved(migrations: migrations, roles: roles))
    } catch {
      return .failure(error.backendError)
    }
  }

  private static let applied = "SELECT number, name, digest FROM public.schema_migrations ORDER BY number"

  /// The private server's own database, for what is not inside one.
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
      // 42P04: it is there already.
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
    guard try row.optionalText(0) == mark else {
      throw PostgresError(
        .duplicate, "role \(name) is there already and was not made for this resource",
        hint: "give the role another name, or drop the one that is there", server: pool.server)
    }
    try await pool.script(RoleStatements.login(name, login))
  }

  /// What the role owns goes to the controller's own role, so that no table is lost with it.
  private func dropRole(
    _ name: String, on address: DatabaseAddress, isDatabaseGone: Bool
  ) async throws(PostgresError) {
    let pool = isDatabaseGone ? try await server() : try await pools(address)
    guard try await !pool.query(RoleStatements.mark, [.text(name)]).isEmpty else { return }
    try await pool.script(RoleStatements.drop(name))
  }
}
