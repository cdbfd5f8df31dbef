package import Model
package import Planning
package import Postgres

/// Plans a database in the order database, migrations, roles, privileges.
package struct DatabasePlanner: SafetyFactProviding {
  /// The platform's migrations, sorted by number.
  private let known: [Migrations.Migration]

  package init(migrations: [Migrations.Migration]) {
    known = migrations.sorted { $0.number < $1.number }
  }

  package func plan(
    _ desired: Resource<DatabaseSpec>?, _ observed: DatabaseObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<DatabaseOperation> {
    let lastApplied = context.lastApplied?.typed(as: DatabaseSpec.self)
    guard let desired else { return remove(observed, lastApplied, context.id) }
    let address = desired.spec.address(of: context.id)
    if let before = lastApplied?.spec.address(of: context.id), before != address {
      throw PlanError(
        "\(context.id) cannot move from \(DatabaseSpec.text(before)) to \(DatabaseSpec.text(address)): "
          + "its data would not move with it",
        hint: "declare a second Database, move the data, then refer to it from the resources")
    }
    var steps: [Step<DatabaseOperation>] = []
    if observed?.exists != true {
      steps.append(
        Step(
          .create, "create \(DatabaseSpec.text(address))", because: "not there yet",
          operation: .createDatabase))
    }
    steps += try migrate(desired.spec, observed?.migrations ?? [], context.id)
    steps += try roles(desired.spec.roles, observed?.roles ?? [], context.id)
    return PlanOutcome(steps: steps)
  }
}

// MARK: - Schema

extension DatabasePlanner {
  package func facts(
    _ desired: Resource<DatabaseSpec>?, _ observed: DatabaseObserved?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let desired, let applied = observed?.migrations.last?.number else { return [] }
    return [.schema(applied: applied, declared: desired.spec.schema.number ?? known.last?.number ?? 0)]
  }

  /// One step per missing migration. Never goes back: only restoring a backup reverts a migration. A database
  /// that is newer than its manifest stays unchanged where the schema guard allows the plan.
  private func migrate(_ spec: DatabaseSpec, _ applied: [AppliedMigration], _ id: ResourceID)
    throws(PlanError) -> [Step<DatabaseOperation>]
  {
    let newest = known.last?.number ?? 0
    let target = spec.schema.number ?? newest
    let current = applied.last?.number ?? 0
    guard target <= newest else {
      throw PlanError(
        "\(id) declares schema \(target), but this release has migrations only up to \(newest)",
        hint: "write `schema: latest` or install the release that has it")
    }
    guard current <= target else { return [] }
    let digests = Dictionary(uniqueKeysWithValues: applied.map { ($0.number, $0.digest) })
    for migration in known {
      guard let digest = digests[migration.number], digest != migration.digest.hex else { continue }
      throw PlanError(
        "migration \(migration.file) was applied to \(id) with other contents than in this release",
        hint: "released migrations never change; install the release that applied it")
    }
    let missing = known.filter { $0.number <= target && digests[$0.number] == nil }
    if let late = missing.first, late.number < current {
      throw PlanError(
        "migration \(late.file) was not applied to \(id), though the later \(current) was",
        hint:
          "a new migration takes the next free number; check also whether its row in schema_migrations "
          + "was deleted"
      )
    }
    return missing.map { migration in
      Step(
        .update, "migrate \(spec.database(of: id)) to \(migration.file)",
        because: applied.isEmpty ? "the schema is not there yet" : "the schema is at \(current)",
        fields: [
          FieldChange(
            "schema", from: current == 0 ? nil : .integer(Int64(current)),
            to: .integer(Int64(migration.number)))
        ],
        operation: .migrate(number: migration.number, digest: migration.digest.hex))
    }
  }
}

// MARK: - Roles

extension DatabasePlanner {
  /// Roles and privileges. Tables of later migrations are granted through default privileges.
  private func roles(_ wanted: [RoleSpec], _ observed: [ObservedRole], _ id: ResourceID)
    throws(PlanError) -> [Step<DatabaseOperation>]
  {
    let seen = Dictionary(uniqueKeysWithValues: observed.map { ($0.name, $0) })
    var steps: [Step<DatabaseOperation>] = []
    for role in wanted.sorted(by: { $0.name < $1.name }) {
      guard let found = seen[role.name] else {
        steps.append(create(role))
        steps.append(grant(role, because: "the role is new"))
        continue
      }
      guard found.madeBy == id else {
        let origin = found.madeBy.map { "belongs to \($0)" } ?? "was not created by this controller"
        throw PlanError(
          "role \(role.name) of \(id) \(origin)",
          hint: "give the role another name, or drop the existing one")
      }
      steps += login(role, found)
      if !found.matches.contains(role.access) {
        steps.append(grant(role, because: "its privileges differ from access: \(role.access.rawValue)"))
      }
    }
    let names = Set(wanted.map(\.name))
    steps += observed.filter { $0.madeBy == id && !names.contains($0.name) }.map { role in
      drop(role, because: "left the manifest")
    }
    return steps
  }

  private func create(_ role: RoleSpec) -> Step<DatabaseOperation> {
    Step(
      .create, "create role \(role.name)", because: "not there yet",
      operation: .createRole(role.name, login: role.login))
  }

  private func grant(_ role: RoleSpec, because reason: String) -> Step<DatabaseOperation> {
    Step(
      .update, "grant \(role.access.rawValue) access to role \(role.name)", because: reason,
      fields: [FieldChange("roles.\(role.name).access", from: nil, to: .string(role.access.rawValue))],
      operation: .grant(role.name, role.access))
  }

  private func login(_ role: RoleSpec, _ found: ObservedRole) -> [Step<DatabaseOperation>] {
    guard found.canLogin != role.login else { return [] }
    return [
      Step(
        .update, "\(role.login ? "allow" : "forbid") role \(role.name) to log in",
        because: "login is \(found.canLogin)",
        fields: [
          FieldChange("roles.\(role.name).login", from: .bool(found.canLogin), to: .bool(role.login))
        ],
        operation: .setLogin(role.name, role.login))
    ]
  }

  private func drop(_ role: ObservedRole, because reason: String) -> Step<DatabaseOperation> {
    Step(
      .delete, "drop role \(role.name)", because: reason, risk: .disruptive,
      operation: .dropRole(role.name))
  }
}

// MARK: - Removal

extension DatabasePlanner {
  /// Drops an embedded database with its roles. A database on an external server belongs to its operator and
  /// stays.
  private func remove(
    _ observed: DatabaseObserved?, _ lastApplied: Resource<DatabaseSpec>?, _ id: ResourceID
  ) -> PlanOutcome<DatabaseOperation> {
    guard let observed, let lastApplied, case .embedded(let name) = lastApplied.spec.address(of: id) else {
      return .upToDate
    }
    let dropDatabase = Step(
      .delete, "drop database \(name) and everything in it", because: "left the manifests",
      risk: .destructive, operation: DatabaseOperation.dropDatabase)
    // Only roles remain where an earlier removal was interrupted.
    let dropRoles = observed.roles.filter { $0.madeBy == id }.map {
      drop($0, because: "its database left the manifests")
    }
    return PlanOutcome(steps: (observed.exists ? [dropDatabase] : []) + dropRoles)
  }
}
