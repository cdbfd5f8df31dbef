internal import Model
internal import Planning

/// Whether existing databases and roles belong to a resource. Pure: decides from marks, holdings and the
/// inventory.
struct DatabaseOwnership {
  enum Decision: Equatable {
    /// It carries the resource's mark.
    case own
    /// It belongs to the resource and does not carry its mark yet: it was created before 0.5.0, is adopted by
    /// an annotation, belonged to the resource under its former name, or is recorded as the resource's own
    /// since an exchange with another resource that was interrupted.
    case unmarked
    case foreign(OwnershipConflict)

    var isForeign: Bool { if case .foreign = self { true } else { false } }
  }

  /// The mark of the resource.
  let mark: Owner
  /// The former resource where this one was renamed.
  let former: Resource<DatabaseSpec>?
  private let lastApplied: Resource<DatabaseSpec>?
  private let adopted: String?
  private let reconcile: ReconcileContext

  /// - Parameter resource: Nil where it left the manifests.
  init(_ resource: Resource<DatabaseSpec>?, _ context: PlanContext) {
    mark = context.reconcile.mark(of: context.id)
    former = context.movedFrom?.typed(as: DatabaseSpec.self)
    lastApplied = context.lastApplied?.typed(as: DatabaseSpec.self)
    adopted = resource?.metadata.annotations[Adoption.annotation]
    reconcile = context.reconcile
  }

  /// - Parameters:
  ///   - owner: According to the comment of the database, which exists.
  ///   - isKept: Whether the resource stays and keeps the database as it is. Only then may the state decide
  ///     against a mark.
  func decision(database name: String, owner: Owner?, isKept: Bool = false) -> Decision {
    if owner == mark { return .own }
    let thing = Thing.database(.embedded(database: name))
    guard let owner else {
      return adopted == name || isRecorded(thing, otherwise: wasApplied(.embedded(database: name)))
        ? .unmarked : .foreign(OwnershipConflict(thing, owner: nil, claimant: mark))
    }
    return owner == formerMark || isKept && isRenewable(owner, of: thing)
      ? .unmarked : .foreign(OwnershipConflict(thing, owner: owner, claimant: mark))
  }

  /// - Parameters:
  ///   - owner: According to the comment of the role, which exists.
  ///   - isKept: See `decision(database:owner:isKept:)`.
  func decision(
    role name: String, on server: DatabaseServer, owner: Owner?, isKept: Bool = false
  ) -> Decision {
    if owner == mark { return .own }
    let thing = Thing.role(name, on: server)
    let isInherited =
      switch owner {
      case nil: false
      case formerMark: true
      case formerMark?.withoutEnvironment, mark.withoutEnvironment:
        isRecorded(thing, otherwise: lastApplied != nil || former != nil)
      case .some(let owner): isKept && isRenewable(owner, of: thing)
      }
    return isInherited ? .unmarked : .foreign(OwnershipConflict(thing, owner: owner, claimant: mark))
  }

  /// Whether a role that the manifest does not declare is the resource's to drop. In an exchange, a role may
  /// carry the resource's mark and go on with the other resource, or stay with the other one, which drops it
  /// later where it does not declare it.
  /// - Parameter owner: According to the comment of the role, which exists.
  func isDroppable(role name: String, on server: DatabaseServer, owner: Owner?) -> Bool {
    guard !decision(role: name, on: server, owner: owner).isForeign else { return false }
    let goesOn = owner?.resource == mark.resource && reconcile.moves.move(from: mark.resource) != nil
    let staysWithOther =
      former.map { owner?.resource == $0.id && reconcile.moves.move(to: $0.id) != nil } ?? false
    return !goesOn && !staysWithOther && isRecorded(.role(name, on: server), otherwise: true)
  }

  /// Whether another resource of the environment has a role by its mark and by the records. Where the
  /// manifests give the role to this resource, the other one drops it first, and the ownership guard blocks
  /// the plan where that one keeps it.
  func isOther(role name: String, on server: DatabaseServer, owner: Owner?) -> Bool {
    guard let owner, owner == reconcile.mark(of: owner.resource), owner != mark, owner != formerMark
    else { return false }
    return reconcile.isRecorded(.role(name, on: server), for: [owner.resource]) == true
  }

  /// Whether the controller was removing the database when its removal was interrupted.
  func isLeaving(database name: String) -> Bool {
    reconcile.holdings.overlapping(.database(.embedded(database: name))).contains {
      $0.environment == reconcile.environment && $0.resource == mark.resource && $0.leavingSince != nil
    }
  }

  private var formerMark: Owner? { former.map { reconcile.mark(of: $0.id) } }

  /// Whether the state records that a thing is the resource's own.
  /// - Parameter otherwise: The answer where the state records no owner of the thing.
  private func isRecorded(_ thing: Thing, otherwise: Bool) -> Bool {
    reconcile.isRecorded(thing, for: names) ?? otherwise
  }

  private func isRenewable(_ owner: Owner, of thing: Thing) -> Bool {
    reconcile.isRenewable(owner, of: thing, for: names)
  }

  /// The resource under its present and its former name.
  private var names: [ResourceID] { [mark.resource, former?.id].compactMap(\.self) }

  private func wasApplied(_ address: DatabaseAddress) -> Bool {
    lastApplied.map { $0.spec.address(of: $0.id) == address } ?? false
      || former.map { $0.spec.address(of: $0.id) == address } ?? false
  }
}

extension ReconcileContext {
  /// Whether the state records that a thing belongs to one of these resources; nil where it records no owner.
  fileprivate func isRecorded(_ thing: Thing, for resources: [ResourceID]) -> Bool? {
    let holdings = holdings.overlapping(thing)
    guard !holdings.isEmpty else { return nil }
    return holdings.allSatisfy { $0.environment == environment && resources.contains($0.resource) }
  }

  /// Whether a mark names a resource of this environment, but the state records that the thing belongs to one
  /// of these resources. The records of an exchange change at once and before the marks, which change one
  /// after the other.
  func isRenewable(_ owner: Owner, of thing: Thing, for resources: [ResourceID]) -> Bool {
    owner == mark(of: owner.resource) && isRecorded(thing, for: resources) == true
  }
}
