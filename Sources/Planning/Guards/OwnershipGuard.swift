import Model

/// Keeps a resource away from the things of another one.
enum OwnershipGuard {
  /// What follows from the claims of a resource.
  struct Finding {
    /// The first conflict; nil when everything that it claims is free or its own.
    var conflict: GuardReason?
    /// The resources of the environment that hold what it claims and release it in this plan.
    var formerHolders: Set<ResourceID> = []
  }

  /// A thing of another resource of the same environment counts as free when that resource releases it in
  /// this plan; one with data only when the resource is its new name.
  /// - Parameter claimed: What other resources of the plan get. The claims of a desired resource without a
  ///   conflict are added.
  static func finding(
    _ subject: PlanSubject, _ request: PlanRequest, claimed: inout OverlapIndex<ResourceID>
  ) -> Finding {
    var finding = Finding()
    let resource = subject.isLeaving ? request.applied(subject) : request.desired(subject)
    guard let resource else { return finding }
    let environment = request.reconcile.environment
    let former = request.reconcile.moves.move(to: subject.id)?.from
    func conflict(_ claim: ThingClaim, with id: ResourceID, in other: String) -> Finding {
      let controller = request.reconcile.owner
      let conflict = OwnershipConflict(
        claim.thing, owner: Owner(controller: controller, environment: other, resource: id),
        claimant: Owner(controller: controller, environment: environment, resource: subject.id))
      return Finding(conflict: .owned(conflict, field: claim.field))
    }
    let claims = request.claims(resource)
    for claim in claims where !(subject.isLeaving && claim.thing.isOnlyUsed) {
      for holding in request.reconcile.holdings.overlapping(claim.thing)
      where !holding.isHeld(by: subject.id, in: request) {
        guard isFree(claim, holding, subject, request) else {
          return conflict(claim, with: holding.resource, in: holding.environment)
        }
        if holding.resource != former { finding.formerHolders.insert(holding.resource) }
      }
    }
    guard !subject.isLeaving else { return finding }
    for claim in claims {
      if let first = claimed.overlapping(claim.thing).first(where: { $0 != subject.id }) {
        return conflict(claim, with: first, in: environment)
      }
    }
    for claim in claims { claimed.add(subject.id, for: claim.thing) }
    return finding
  }

  /// Why nothing of a leaving resource is removed: it has a new name, a desired resource declares its data,
  /// or everything that it declared has another owner. Nil where its things are its own.
  static func handover(
    _ subject: PlanSubject, _ request: PlanRequest, _ declared: DeclaredData?
  ) -> Handover? {
    guard subject.isLeaving else { return nil }
    if let move = request.reconcile.moves.move(from: subject.id) { return .movedTo(move.to) }
    guard let applied = request.applied(subject) else { return nil }
    let claims = request.claims(applied)
    if let heir = declared?.heir(of: claims) { return .belongsTo(heir, environment: nil) }
    var owner: Holding?
    for claim in claims where !claim.thing.isOnlyUsed {
      let holdings = request.reconcile.holdings.overlapping(claim.thing)
      guard let other = holdings.first, !holdings.contains(where: { $0.isHeld(by: subject.id, in: request) })
      else { return nil }
      owner = owner ?? other
    }
    return owner.map {
      .belongsTo(
        $0.resource,
        environment: $0.environment == request.reconcile.environment ? nil : $0.environment)
    }
  }

  private static func isFree(
    _ claim: ThingClaim, _ holding: Holding, _ subject: PlanSubject, _ request: PlanRequest
  ) -> Bool {
    guard holding.environment == request.reconcile.environment, !subject.isLeaving else { return false }
    if request.reconcile.moves.move(to: subject.id)?.from == holding.resource { return true }
    guard !claim.holdsData else { return false }
    guard let holder = request.desired[holding.resource] else { return true }
    return !request.claims(holder).contains { $0.thing.overlaps(claim.thing) }
  }
}

extension Thing {
  /// Whether the resource only uses the thing, so that its removal changes nothing of it.
  fileprivate var isOnlyUsed: Bool { if case .hostPort = self { true } else { false } }
}

extension Holding {
  fileprivate func isHeld(by id: ResourceID, in request: PlanRequest) -> Bool {
    resource == id && environment == request.reconcile.environment
  }
}
