import Billing
import Databases
import Delivery
import Manifests
import Model
import Postgres
import Reconciling

// Backends over the server in memory. They do what the rooms' own do with SQL, and are repeatable in the same way.

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
        return .failure(BackendError(code: "postgres.duplicate", "role \(role) was not made for this"))
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

struct SimulatedPrices: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<PriceMapSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<PriceMapObserved?, BackendError>]
  {
    var answers: [ResourceID: Result<PriceMapObserved?, BackendError>] = [:]
    for subject in subjects {
      switch SimulatedPrices.database(of: subject, in: context) {
      case .failure(let error): answers[subject.id] = .failure(error)
      case .success(let name):
        let databases = server.now.databases
        let left = SimulatedPrices.formerDatabases(of: subject, in: context).compactMapValues { name in
          databases[name]?.prices[subject.id.name]?.keys.sorted()
        }
        answers[subject.id] = .success(observed(subject, databases[name]?.prices ?? [:], left))
      }
    }
    return answers
  }

  /// Names of databases that the map was kept in before.
  private static func formerDatabases(of subject: Subject<PriceMapSpec>, in context: ReconcileContext)
    -> [ResourceID: String]
  {
    var former: [ResourceID: String] = [:]
    for id in (subject.lastApplied?.references.map(\.target) ?? []) where id != subject.spec?.database.id {
      if case .embedded(let name)? = context.offers.databases[id]?.address { former[id] = name }
    }
    return former
  }

  private func observed(
    _ subject: Subject<PriceMapSpec>, _ prices: [String: [String: PriceEntry]], _ left: [ResourceID: [String]]
  ) -> PriceMapObserved? {
    let own = prices[subject.id.name] ?? [:]
    var elsewhere: [String: String] = [:]
    for price in subject.desired?.spec.prices.keys.sorted() ?? [] where own[price] == nil {
      let others = prices.filter { $0.key != subject.id.name && $0.value[price] != nil }
      elsewhere[price] = others.keys.min()
    }
    guard !own.isEmpty || !elsewhere.isEmpty || !left.isEmpty else { return nil }
    return PriceMapObserved(
      entries: own.values.sorted { $0.priceID < $1.priceID }, heldElsewhere: elsewhere, leftBehind: left)
  }

  func apply(_ operation: PriceMapOperation, to subject: Subject<PriceMapSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let map = subject.id.name
    let (name, entries, close): (String, [PriceEntry], [String])
    switch operation {
    case .write(let written, let closed):
      (name, entries, close) = (
        try SimulatedPrices.database(of: subject, in: context).get(), written, closed
      )
    case .leave(let database, let closed):
      guard case .embedded(let former)? = context.offers.databases[database]?.address else { return }
      (name, entries, close) = (former, [], closed)
    }
    try server.change { state -> Result<Void, BackendError> in
      guard var database = state.databases[name], !database.migrations.isEmpty else {
        return .failure(SimulatedServer.missing("the table of prices in \(name)"))
      }
      for entry in entries {
        let holder = database.prices.filter { $0.key != map && $0.value[entry.priceID] != nil }.keys.min()
        if let holder {
          return .failure(
            BackendError(code: "pricemap.conflict", "\(entry.priceID) belongs to PriceMap/\(holder) already"))
        }
      }
      for price in close { database.prices[map]?[price] = nil }
      for entry in entries { database.prices[map, default: [:]][entry.priceID] = entry }
      if database.prices[map]?.isEmpty == true { database.prices[map] = nil }
      state.databases[name] = database
      return .success(())
    }.get()
  }

  private static func database(of subject: Subject<PriceMapSpec>, in context: ReconcileContext)
    -> Result<String, BackendError>
  {
    guard let id = subject.spec?.database.id,
      case .embedded(let name)? = context.offers.databases[id]?.address
    else {
      return .failure(
        BackendError(
          code: "database.undeclared", "the database of \(subject.id) is not declared", retry: .afterChange))
    }
    return .success(name)
  }
}

struct SimulatedEnvironments: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<EnvironmentSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<EnvironmentObserved?, BackendError>]
  {
    let rows = server.now.environments
    return Dictionary(
      uniqueKeysWithValues: subjects.map { subject in
        (subject.id, .success(rows[subject.id.name].map { EnvironmentObserved(specJSON: $0) }))
      })
  }

  func apply(
    _ operation: EnvironmentOperation, to subject: Subject<EnvironmentSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    server.change { state in
      switch operation {
      case .record(let specJSON): state.environments[subject.id.name] = specJSON
      case .remove: state.environments[subject.id.name] = nil
      }
    }
  }
}
