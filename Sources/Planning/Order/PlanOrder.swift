import Model

/// Puts decisions in order and says what each waits for.
enum PlanOrder {
  /// - `decisions`: what stays before what leaves, each part sorted by id.
  static func arranged(_ decisions: [Decision], _ request: PlanRequest) -> [ResourcePlan] {
    let ids = decisions.map(\.subject.id)
    let (graph, order) = ReferenceGraph(ids: ids, needs: needs(decisions, request)).acyclicAndSorted()
    var isHeld = [Bool](repeating: false, count: ids.count)
    var plans: [ResourcePlan] = []
    plans.reserveCapacity(ids.count)
    for position in order {
      let decision = decisions[position]
      let needed = graph.needs[position]
      var waitingOn = decision.waitingOn
      if isHolding(decision.outcome) {
        isHeld[position] = true
      } else if decision.isActing {
        let blockers = needed.filter { isHeld[$0] }
        isHeld[position] = !blockers.isEmpty
        if !blockers.isEmpty {
          waitingOn = blockers.map { ids[$0].description }.joined(separator: ", ")
        }
      }
      plans.append(
        ResourcePlan(
          id: ids[position], outcome: decision.outcome, steps: decision.steps,
          dependsOn: dependencies(of: decision.subject, inPlan: needed.map { ids[$0] }, request),
          waitingOn: waitingOn, desired: request.desired(decision.subject), blockedBy: decision.blockedBy,
          allowed: decision.allowed))
    }
    return plans
  }

  /// What stays also keeps its references to resources outside of a scoped plan, for the executor to look up.
  private static func dependencies(
    of subject: PlanSubject, inPlan: [ResourceID], _ request: PlanRequest
  ) -> [ResourceID] {
    let references = request.references(of: subject)
    guard references.count > inPlan.count else { return inPlan }
    return Set(references.map(\.target)).union(inPlan).subtracting([subject.id]).sorted()
  }

  /// Positions that must be done first. What stays needs what it references. What leaves needs everything that
  /// referenced it when last applied and is not known to be settled already. So nothing that stays ever needs
  /// something that leaves.
  private static func needs(_ decisions: [Decision], _ request: PlanRequest) -> [[Int]] {
    var needs = [[Int]](repeating: [], count: decisions.count)
    let positions = Dictionary(
      uniqueKeysWithValues: decisions.enumerated().map { ($1.subject.id, $0) })
    let firstLeaving = decisions.firstIndex { $0.subject.isLeaving } ?? decisions.count
    for (position, decision) in decisions.enumerated() {
      for reference in request.references(of: decision.subject) {
        if let target = positions[reference.target], target < firstLeaving {
          needs[position].append(target)
        }
      }
      guard firstLeaving < decisions.count, decision.outcome != .unchanged,
        let applied = request.applied(decision.subject)
      else { continue }
      for reference in applied.references {
        if let target = positions[reference.target], target >= firstLeaving {
          needs[target].append(position)
        }
      }
    }
    return needs
  }

  /// Outcomes after which nothing that needs the resource can go on.
  private static func isHolding(_ outcome: ResourcePlan.Outcome) -> Bool {
    switch outcome {
    case .waiting, .blocked, .unknown, .invalid: true
    case .unchanged, .create, .update, .replace, .delete, .run, .drifted, .paused: false
    }
  }
}
