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
      let database = now.databases[name]
      let named = database == nil ? [] : Set(spec.roles.map(\.name))
      let roles = now.roles.filter { named.contains($0.key) || $0.value.madeBy == subject.id }
        .sorted { $0.key < $1.key }.map { role in
          ObservedRole(
            name: role.key, madeBy: role.value.madeBy, canLogin: role.value.canLogin,
            matches: role.value.grants[name].map { [$0] } ?? [])
        }
      answers[subject.id] = .success(
        database == nil && roles.isEmpty
          ? nil
          : DatabaseObserved(exists: database != nil, migrations: database?.migrations ?? [], roles: roles))
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
      SimulatedDatabases.apply(operation, name, subject, &state)
    }.get()
  }

  private static func apply(
    _ operation: DatabaseOperation, _ name: String, _ subject: Subject<DatabaseSpec>,
    _ state: inout SimulatedServer.State
  ) -> Result<Void, BackendError> {
    func missing() -> Result<Void, BackendError> { .failure(SimulatedServer.missing("database \(name)")) }
    switch operation {
    case .createDatabase:
      if state.databases[name] == nil { state.databases[name] = SimulatedServer.Database() }
    case .dropDatabase:
      state.databases[name] = nil
      for role in state.roles.keys { state.roles[role]?.grants[name] = nil }
    case .migrate(let number, _):
      guard var database = state.databases[name] else { return missing() }
      for migration in SimulatedServer.migrations where migration.number <= number {
        guard !database.migrations.contains(where: { $0.number == migration.number }) else { continue }
        database.migrations.append(
          AppliedMigration(number: migration.number, name: migration.name, digest: migration.digest.hex))
      }
      database.migrations.sort { $0.number < $1.number }
      state.databases[name] = database
    case .createRole(let role, let login):
      guard state.databases[name] != nil else { return missing() }
      if let found = state.roles[role], found.madeBy != subject.id {
        return .failure(BackendError(code: "postgres.duplicate", "role \(role) belongs to another resource"))
      }
      state.roles[role, default: SimulatedServer.Role(madeBy: subject.id, canLogin: login)].canLogin = login
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
