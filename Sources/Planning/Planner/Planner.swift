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
    var decisions = PlanSubject.all(in: request).map { decide($0, request) }
    Guards(request: request, planners: planners).apply(to: &decisions)
    StillUsed.apply(to: &decisions, request)
    return Plan(
      environment: request.desired.environment, revision: request.revision,
      manifestDigest: request.desired.digest, resources: PlanOrder.arranged(decisions, request))
  }

  private func decide(_ subject: PlanSubject, _ request: PlanRequest) -> PlanDecision {
    let mode = subject.index.map { request.desired.resources[$0].metadata.mode } ?? .enforce
    guard mode != .paused else { return PlanDecision(subject, .paused) }
    guard let planner = planners[subject.id.kind] else {
      return PlanDecision(subject, .invalid, waitingOn: "this program has no kind ‘\(subject.id.kind)’")
    }
    switch request.observations[subject.id] {
    case nil:
      return PlanDecision(subject, .unknown, waitingOn: "\(subject.id) was not observed")
    case .failure(let error):
      return PlanDecision(subject, .unknown, waitingOn: error.description)
    case .success(let observation):
      if subject.isLeaving, observation.state == nil { return PlanDecision(subject, .delete) }
      let context = PlanContext(
        id: subject.id, lastApplied: request.applied(subject),
        reconcile: request.reconcile)
      do throws(PlanError) {
        let planned = try planner.plan(request.desired(subject), observation.state, context)
        let isNew = observation.state == nil || request.inventory[subject.id] == nil
        return PlanDecision(subject, planned, mode: mode, isNew: isNew)
      } catch {
        return PlanDecision(subject, .invalid, waitingOn: error.description)
      }
    }
  }
}
