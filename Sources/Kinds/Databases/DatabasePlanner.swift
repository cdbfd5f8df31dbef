package import Model
package import Planning
package import Postgres

/// Plans a database in the order database, owner, migrations, roles, privileges. Roles that left the manifest
/// are dropped before, so that another database can declare them; where the database itself is created or
/// renamed, after it, because they are dropped through it.
package struct DatabasePlanner: SafetyFactProviding {
  /// The platform's migrations, sorted by number.
  private let known: [Migrations.Migration]

  package init(migrations: [Migrations.Migration]) {
    known = migrations.sorted { $0.number < $1.number }
  }

  package func plan(
    _ desired: Resource<DatabaseSpec>?, _ observed: DatabaseObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<DatabaseOperation> {
    let ownership = DatabaseOwnership(desired, context)
    guard let desired else { return remove(observed, context, ownership) }
    let lastApplied = context.lastApplied?.typed(as: DatabaseSpec.self)
    let address = desired.spec.address(of: context.id)
    let before = ownership.former ?? lastApplied
    if let origin = before?.spec.address(of: before?.id ?? context.id), origin != address,
      ownership.former == nil || !origin.canBeRenamed(to: address)
    {
      throw PlanError(
        "\(context.id) cannot move from \(DatabaseSpec.text(origin)) to \(DatabaseSpec.text(address)): "
          + "its data would not move with it",
        hint: "declare a second Database, move the data, then refer to it from the resources")
    }
    var steps: [Step<DatabaseOperation>] = []
    if case .embedded(let name) = address { steps += try existence(of: name, observed, ownership) }
    let isThere = steps.isEmpty && observed != nil
    let dropped = droppedRoles(
      desired.spec.roles, observed?.roles ?? [], on: address.server, ownership, isRelease: isThere)
    steps += try migrate(desired.spec, observed?.migrations ?? [], context.id)
    steps += try roles(desired.spec.roles, observed?.roles ?? [], on: address.server, ownership)
    return PlanOutcome(steps: isThere ? dropped + steps : steps + dropped)
  }
}

// MARK: - Existence

extension DatabasePlanner {
  private func existence(
    of name: String, _ observed: DatabaseObserved?, _ ownership: DatabaseOwnership
  ) throws(PlanError) -> [Step<DatabaseOperation>] {
    guard !DatabaseNames.isReserved(name) else {
      throw PlanError(
        "\(ownership.mark.resource) must not be database \(name), which the server reserves",
        hint: "choose another name, or write `spec.database`")
    }
    let found = observed?.formerName ?? name
    // A database that is renamed or dropped must carry the right mark before.
    let isKept = found == name && observed?.presence == .present
    let decision = ownership.decision(database: found, owner: observed?.owner, isKept: isKept)
    func create(_ reason: String) -> Step<DatabaseOperation> {
      Step(.create, "create database \(name)", because: reason, operation: .createDatabase)
    }
    switch observed?.presence ?? .absent {
    case .absent: return [create("not there yet")]
    case .unfinished: return [create("its creation was interrupted")]
    case .halfDropped:
      try refuse(decision, name)
      let isLeaving = ownership.isLeaving(database: name)
      let drop = Step(
        .replace, "drop the rest of database \(name)",
        because: isLeaving ? "its removal was interrupted" : "another program began to drop it",
        risk: isLeaving ? .safe : .destructive, operation: DatabaseOperation.dropDatabase)
      return [drop, create("its data was lost with the interrupted removal")]
    case .present where found != name:
      try refuse(decision, found)
      return [
        Step(
          .update, "rename database \(found) to \(name)", because: "the resource has another name now",
          risk: .disruptive, operation: .renameDatabase(from: found))
      ]
    case .present:
      try refuse(decision, name)
      return decision == .own ? [] : [recordOwner(of: name, replacing: observed?.owner)]
    }
  }

  func recordOwner(of name: String, replacing owner: Owner?) -> Step<DatabaseOperation> {
    Step(
      .update, "record the owner of database \(name)", because: "its comment does not name the resource",
      operation: .recordOwner(replacing: owner?.resource))
  }

  private func refuse(_ decision: DatabaseOwnership.Decision, _ name: String) throws(PlanError) {
    guard case .foreign(let conflict) = decision else { return }
    let hint =
      conflict.relation == .unmarked
      ? "declare another name, or adopt it with its data by the annotation `\(Adoption.annotation): \(name)`"
      : conflict.hint
    throw PlanError(conflict.text, hint: hint)
  }
}

extension DatabaseAddress {
  /// Whether both are databases of the private server.
  fileprivate func canBeRenamed(to other: DatabaseAddress) -> Bool {
    if case (.embedded, .embedded) = (self, other) { true } else { false }
  }
}

// MARK: - Schema

extension DatabasePlanner {
  package func facts(
    _ desired: Resource<DatabaseSpec>?, _ observed: DatabaseObserved?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let desired else { return [] }
    guard observed?.presence == .present, let applied = observed?.migrations.last?.number else {
      return [.emptyDatabase]
    }
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
