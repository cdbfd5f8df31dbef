package import Model

/// Plans a whole environment or a scope of it: calls the planner of each kind, applies the guards and sorts
/// the result. The same request gives the same plan.
package struct Planner: Sendable {
  private let planners: [String: AnyPlanner]

  /// - Parameter planners: By kind.
  package init(planners: [String: AnyPlanner]) {
    self.planners = planners
  }

  /// The plan of (desired ∪ inventory) ∩ scope. Creates and updates come first, each after what it
  /// references; deletions last, each after what referenced it.
  package func plan(_ request: PlanRequest) -> Plan {
    let subjects = PlanSubject.all(in: request)
    let declared = DeclaredData(subjects, request)
    var decisions = subjects.map { decide($0, request, declared) }
    Guards(request: request, planners: planners).apply(to: &decisions)
    StillUsed.apply(to: &decisions, request)
    StillHeld.apply(to: &decisions)
    return Plan(
      environment: request.desired.environment, revision: request.revision,
      manifestDigest: request.desired.digest, resources: PlanOrder.arranged(decisions, request))
  }

  private func decide(
    _ subject: PlanSubject, _ request: PlanRequest, _ declared: DeclaredData?
  ) -> PlanDecision {
    let mode = subject.index.map { request.desired.resources[$0].metadata.mode } ?? .enforce
    guard mode != .paused else { return PlanDecision(subject, .paused) }
    guard let planner = planners[subject.id.kind] else {
      return PlanDecision(subject, .invalid, waitingOn: "this program has no kind ‘\(subject.id.kind)’")
    }
    if let handover = OwnershipGuard.handover(subject, request, declared) {
      var decision = PlanDecision(subject, .delete)
      decision.handover = handover
      return decision
    }
    switch request.observations[subject.id] {
    case nil:
      return PlanDecision(subject, .unknown, waitingOn: "\(subject.id) was not observed")
    case .failure(let error):
      return PlanDecision(subject, .unknown, waitingOn: error.description)
    case .success(let observation):
      if subject.isLeaving, observation.state == nil { return PlanDecision(subject, .delete) }
      let former = request.reconcile.moves.move(to: subject.id)?.from
      let context = PlanContext(
        id: subject.id, lastApplied: request.applied(subject), reconcile: request.reconcile,
        movedFrom: former.flatMap { request.inventory[$0]?.resource })
      do throws(PlanError) {
        let planned = try planner.plan(request.desired(subject), observation.state, context)
        let isNew = observation.state == nil || request.inventory[subject.id] == nil
        var decision = PlanDecision(subject, planned, mode: mode, isNew: isNew)
        decision.handover = former.map { .movedFrom($0) }
        return decision
      } catch {
        return PlanDecision(subject, .invalid, waitingOn: error.description)
      }
    }
  }
}
