import Databases
import Manifests
import Model
import Postgres
import Reconciling

/// The backend of the kind `Database` over the server in memory. Its operations are as repeatable as the real
/// ones.
struct SimulatedDatabases: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<DatabaseSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<DatabaseObserved?, BackendError>]
  {
    let now = server.now
    var answers: [ResourceID: Result<DatabaseObserved?, BackendError>] = [:]
    for subject in subjects {
      guard let spec = subject.spec, case .embedded(let name) = spec.address(of: subject.id) else {
        answers[subject.id] = .success(nil)
        continue
      }
      var (database, former) = (now.databases[name], nil as String?)
      if database == nil, let moved = subject.movedFrom,
        case .embedded(let old) = moved.spec.address(of: moved.id), let found = now.databases[old]
      {
        (database, former) = (found, old)
      }
      let owners = [subject.id, subject.movedFrom?.id].compactMap(\.self).map { context.mark(of: $0) }
      let named = database == nil ? [] : Set(spec.roles.map(\.name))
      let roles = now.roles.filter { role in
        named.contains(role.key) || (role.value.madeBy.map { owners.contains($0) } ?? false)
      }.sorted { $0.key < $1.key }.map { role in
        ObservedRole(
          name: role.key, owner: role.value.madeBy,
          canLogin: role.value.canLogin,
          matches: role.value.grants[former ?? name].map { [$0] } ?? [])
      }
      answers[subject.id] = .success(
        database == nil && roles.isEmpty
          ? nil
          : DatabaseObserved(
            database == nil ? .absent : .present, owner: database?.owner,
            formerName: former, migrations: database?.migrations ?? [], roles: roles))
    }
    return answers
  }

  func apply(_ operation: DatabaseOperation, to subject: Subject<DatabaseSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    guard let address = subject.spec?.address(of: subject.id), case .embedded(let name) = address else {
      return
    }
    try server.change { state in
      SimulatedDatabases.apply(operation, name, subject, context, &state)
    }.get()
  }

  private static func apply(
    _ operation: DatabaseOperation, _ name: String, _ subject: Subject<DatabaseSpec>,
    _ context: ReconcileContext, _ state: inout SimulatedServer.State
  ) -> Result<Void, BackendError> {
    let mark = context.mark(of: subject.id)
    func foreign(_ name: String) -> Result<Void, BackendError> {
      .failure(BackendError(code: "database.foreign", "database \(name) belongs to another resource"))
    }
    func missing() -> Result<Void, BackendError> { .failure(SimulatedServer.missing("database \(name)")) }
    switch operation {
    case .createDatabase:
      let made = state.databases[name] ?? SimulatedServer.Database(owner: mark)
      guard made.owner == mark else { return foreign(name) }
      state.databases[name] = made
    case .recordOwner(let replaced):
      guard let found = state.databases[name] else { return missing() }
      let former = replaced.map { context.mark(of: $0) }
      guard found.owner == nil || found.owner == mark || found.owner == former else { return foreign(name) }
      state.databases[name]?.owner = mark
    case .renameDatabase(let old):
      guard state.databases[name] == nil else { break }
      guard var found = state.databases.removeValue(forKey: old) else { return missing() }
      found.owner = mark
      state.databases[name] = found
      for role in state.roles.keys {
        let access = state.roles[role]?.grants.removeValue(forKey: old)
        state.roles[role]?.grants[name] = access
      }
    case .dropDatabase:
      guard let found = state.databases[name] else { break }
      guard found.owner == mark else { return foreign(name) }
      state.databases[name] = nil
      for role in state.roles.keys { state.roles[role]?.grants[name] = nil }
    case .migrate(let number, _):
      guard var database = state.databases[name] else { return missing() }
      for migration in SimulatedServer.migrations where migration.number <= number {
        guard !database.migrations.contains(where: { $0.number == migration.number }) else { continue }
        database.migrations.append(
          AppliedMigration(number: migration.number, name: migration.name, digest: migration.digest.hex))
      }
      if database.hasLedger, database.ledger.id.isEmpty {
        state.lastLedger += 1
        database.ledger.id = "ledger-\(state.lastLedger)"
      }
      database.migrations.sort { $0.number < $1.number }
      state.databases[name] = database
    case .createRole(let role, let login):
      guard state.databases[name] != nil else { return missing() }
      if let found = state.roles[role], found.madeBy != mark {
        return .failure(BackendError(code: "postgres.duplicate", "role \(role) belongs to another resource"))
      }
      state.roles[role, default: SimulatedServer.Role(madeBy: mark, canLogin: login)].canLogin = login
    case .recordOwnerOfRole(let role, _):
      guard state.roles[role] != nil else { return .failure(SimulatedServer.missing("role \(role)")) }
      state.roles[role]?.madeBy = mark
    case .setLogin(let role, let login):
      guard state.roles[role] != nil else { return .failure(SimulatedServer.missing("role \(role)")) }
      state.roles[role]?.canLogin = login
    case .grant(let role, let access):
      guard state.databases[name] != nil else { return missing() }
      guard state.roles[role] != nil else { return .failure(SimulatedServer.missing("role \(role)")) }
      state.roles[role]?.grants[name] = access
    case .dropRole(let role):
      guard subject.desired == nil || state.databases[name] != nil else { return missing() }
      state.roles[role] = nil
    }
    return .success(())
  }
}
