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

  /// The private server's databases by name; nil where no subject is embedded.
  private func embeddedDatabases(
    of subjects: [Subject<DatabaseSpec>]
  ) async -> Result<[String: EmbeddedDatabase.Entry], PostgresError>? {
    let isNeeded = subjects.contains { subject in
      if case .embedded? = subject.spec?.address(of: subject.id) { true } else { false }
    }
    guard isNeeded else { return nil }
    return await Result { () async throws(PostgresError) in try await EmbeddedDatabase.all(try await server())
    }
  }

  private func observe(
    _ subject: Subject<DatabaseSpec>,
    among embedded: Result<[String: EmbeddedDatabase.Entry], PostgresError>?,
    in context: ReconcileContext
  ) async throws(PostgresError) -> DatabaseObserved? {
    guard let spec = subject.spec else { return nil }
    let marks = DatabaseBackend.marks(of: subject, context)
    let address = spec.address(of: subject.id)
    guard case .embedded(let name) = address, let embedded else {
      return try await contents(of: address, DatabaseObserved(owner: nil), spec, marks)
    }
    let entries = try embedded.get()
    if let entry = entries[name] {
      let observed = DatabaseObserved(entry.presence, owner: entry.owner)
      guard entry.presence == .present else { return try await remaining(observed, marks) }
      // A database of another owner is not opened.
      let isOpen =
        entry.owner.map { owner in
          marks.contains(OwnerComment.text(owner))
            || context.isRenewable(
              owner, of: .database(address), for: [subject.id, subject.movedFrom?.id].compactMap(\.self))
        } ?? true
      return isOpen ? try await contents(of: address, observed, spec, marks) : observed
    }
    if let former = subject.movedFrom, case .embedded(let old) = former.spec.address(of: former.id),
      let entry = entries[old], entry.presence == .present
    {
      return try await contents(
        of: .embedded(database: old), DatabaseObserved(owner: entry.owner, formerName: old), spec, marks)
    }
    let left = try await remaining(DatabaseObserved(.absent, owner: nil), marks)
    return left.roles.isEmpty ? nil : left
  }

  /// The comments of databases and roles that belong to the resource, with those of programs before 0.5.0 and
  /// of the former resource.
  private static func marks(of subject: Subject<DatabaseSpec>, _ context: ReconcileContext) -> [String] {
    [subject.id, subject.movedFrom?.id].compactMap(\.self).map { context.mark(of: $0) }
      .flatMap { [$0, $0.withoutEnvironment] }.map { OwnerComment.text($0) }
  }

  /// Adds the roles of a database that cannot be opened. They remain where its removal was interrupted, or
  /// where it was dropped by hand.
  private func remaining(
    _ observed: DatabaseObserved, _ marks: [String]
  ) async throws(PostgresError) -> DatabaseObserved {
    let rows = try await server().query(RoleStatements.observe, [.textArray([]), .textArray(marks)])
    var roles: [ObservedRole] = []
    for row in rows {
      let role = try RoleStatements.read(row)
      roles.append(ObservedRole(name: role.name, owner: role.owner, canLogin: role.canLogin, matches: []))
    }
    return observed.with(migrations: [], roles: roles)
  }

  /// Adds the migrations and the roles of a database.
  private func contents(
    of address: DatabaseAddress, _ observed: DatabaseObserved, _ spec: DatabaseSpec, _ marks: [String]
  ) async throws(PostgresError) -> DatabaseObserved {
    let pool = try await pools(address)
    let answers = try await pool.pipeline([
      Statement("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS is_there"),
      Statement(
        RoleStatements.observe, [.textArray(spec.roles.map(\.name)), .textArray(marks)]),
    ])
    var roles: [ObservedRole] = []
    for row in answers[1] { roles.append(try RoleStatements.read(row)) }
    var migrations: [AppliedMigration] = []
    if try answers[0].only().bool("is_there") {
      for row in try await pool.query(DatabaseBackend.applied) {
        migrations.append(
          AppliedMigration(
            number: try row.value("number"), name: try row.text("name"), digest: try row.text("digest")))
      }
    }
    return observed.with(migrations: migrations, roles: roles)
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
    let owner = context.mark(of: subject.id)
    let former = subject.movedFrom.map { context.mark(of: $0.id) }
    switch operation {
    case .createDatabase: try await database(address)?.create(for: owner)
    case .recordOwner(let replaced):
      try await database(address)?.recordOwner(owner, replacing: replaced.map { context.mark(of: $0) })
    case .renameDatabase(let old):
      try await database(address)?.rename(from: old, for: owner, replacing: former)
    case .dropDatabase: try await database(address)?.drop(of: owner, or: former)
    case .migrate(let number, let digest): try await migrate(address, to: number, digest, subject.id)
    case .createRole(let name, let login):
      try await roles(address, of: subject, context).create(name, login: login)
    case .recordOwnerOfRole(let name, let replaced):
      try await roles(address, of: subject, context).recordOwner(
        of: name, replacing: replaced.map { context.mark(of: $0) })
    case .setLogin(let name, let login):
      try await roles(address, of: subject, context).setLogin(name, login)
    case .grant(let name, let access):
      try await roles(address, of: subject, context).grant(access, to: name)
    case .dropRole(let name): try await roles(address, of: subject, context).drop(name)
    }
  }

  /// Nil for an external database, and for one that the server reserves: neither is created or dropped.
  private func database(_ address: DatabaseAddress) async throws(BackendError) -> EmbeddedDatabase? {
    guard case .embedded(let name) = address, !DatabaseNames.isReserved(name) else { return nil }
    do throws(PostgresError) {
      return EmbeddedDatabase(name: name, pool: try await server())
    } catch {
      throw error.backendError
    }
  }

  private func roles(
    _ address: DatabaseAddress, of subject: Subject<DatabaseSpec>, _ context: ReconcileContext
  ) async throws(BackendError) -> DatabaseRoles {
    // The database of a resource that left the manifests is dropped before its roles.
    var isGone = false
    if case .embedded(let name) = address {
      isGone = subject.desired == nil && !DatabaseNames.isReserved(name)
    }
    do throws(PostgresError) {
      let pool = isGone ? try await server() : try await pools(address)
      return DatabaseRoles(
        pool: pool, server: address.server, owner: context.mark(of: subject.id),
        marks: DatabaseBackend.marks(of: subject, context))
    } catch {
      throw error.backendError
    }
  }

  private func migrate(
    _ address: DatabaseAddress, to number: Int, _ digest: String, _ id: ResourceID
  ) async throws(BackendError) {
    do throws(PostgresError) {
      let pool = try await pools(address)
      try await migrate(pool, to: number, digest, id)
    } catch {
      throw error.backendError
    }
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
}
