internal import Model
internal import Planning

extension DatabasePlanner {
  /// Roles and privileges. Tables of later migrations are granted through default privileges. Roles that left
  /// the manifest are dropped by `droppedRoles`.
  func roles(
    _ wanted: [RoleSpec], _ observed: [ObservedRole], on server: DatabaseServer,
    _ ownership: DatabaseOwnership
  ) throws(PlanError) -> [Step<DatabaseOperation>] {
    let seen = Dictionary(uniqueKeysWithValues: observed.map { ($0.name, $0) })
    var steps: [Step<DatabaseOperation>] = []
    for role in wanted.sorted(by: { $0.name < $1.name }) {
      guard let found = seen[role.name],
        !ownership.isOther(role: role.name, on: server, owner: found.owner)
      else {
        steps.append(create(role))
        steps.append(grant(role, because: "the role is new"))
        continue
      }
      switch ownership.decision(role: role.name, on: server, owner: found.owner, isKept: true) {
      case .own: break
      case .unmarked: steps.append(recordOwner(of: found))
      case .foreign(let conflict): throw PlanError(conflict.text, hint: conflict.hint)
      }
      steps += login(role, found)
      if !found.matches.contains(role.access) {
        steps.append(grant(role, because: "its privileges differ from access: \(role.access.rawValue)"))
      }
    }
    return steps
  }

  /// - Parameter isRelease: Whether the drops come before everything else.
  func droppedRoles(
    _ wanted: [RoleSpec], _ observed: [ObservedRole], on server: DatabaseServer,
    _ ownership: DatabaseOwnership, isRelease: Bool
  ) -> [Step<DatabaseOperation>] {
    let names = Set(wanted.map(\.name))
    return observed.filter { role in
      !names.contains(role.name)
        && ownership.isDroppable(role: role.name, on: server, owner: role.owner)
    }.map { drop($0, because: "left the manifest", isRelease: isRelease) }
  }

  private func create(_ role: RoleSpec) -> Step<DatabaseOperation> {
    Step(
      .create, "create role \(role.name)", because: "not there yet",
      operation: .createRole(role.name, login: role.login))
  }

  private func recordOwner(of role: ObservedRole) -> Step<DatabaseOperation> {
    Step(
      .update, "record the owner of role \(role.name)", because: "its comment does not name the resource",
      operation: .recordOwnerOfRole(role.name, replacing: role.owner?.resource))
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

  private func drop(
    _ role: ObservedRole, because reason: String, isRelease: Bool = false
  ) -> Step<DatabaseOperation> {
    Step(
      .delete, "drop role \(role.name)", because: reason, risk: .disruptive, isRelease: isRelease,
      operation: .dropRole(role.name))
  }
}

// MARK: - Removal

extension DatabasePlanner {
  /// Drops an embedded database with its roles. A database on an external server belongs to its operator and
  /// stays, as do a database that another resource owns and one that the server reserves.
  func remove(
    _ observed: DatabaseObserved?, _ context: PlanContext, _ ownership: DatabaseOwnership
  ) -> PlanOutcome<DatabaseOperation> {
    guard context.reconcile.moves.move(from: context.id) == nil, let observed,
      let lastApplied = context.lastApplied?.typed(as: DatabaseSpec.self),
      case .embedded(let name) = lastApplied.spec.address(of: context.id)
    else { return .upToDate }
    var steps: [Step<DatabaseOperation>] = []
    if observed.presence != .absent, !DatabaseNames.isReserved(name) {
      let decision = ownership.decision(database: name, owner: observed.owner)
      switch observed.presence {
      case .absent: break
      case .unfinished: steps.append(dropDatabase("drop database \(name)", risk: .safe))
      case .halfDropped where !decision.isForeign:
        steps.append(dropDatabase("drop the rest of database \(name)", risk: .destructive))
      case .present where !decision.isForeign:
        if decision == .unmarked { steps.append(recordOwner(of: name, replacing: observed.owner)) }
        steps.append(
          dropDatabase("drop database \(name) and everything in it", risk: .destructive))
      case .halfDropped, .present: return .upToDate
      }
    }
    // Only roles remain where an earlier removal was interrupted.
    steps += observed.roles.filter {
      ownership.isDroppable(role: $0.name, on: .embedded, owner: $0.owner)
    }.map { drop($0, because: "its database left the manifests") }
    return PlanOutcome(steps: steps)
  }

  private func dropDatabase(_ summary: String, risk: Risk) -> Step<DatabaseOperation> {
    Step(.delete, summary, because: "left the manifests", risk: risk, operation: .dropDatabase)
  }
}
