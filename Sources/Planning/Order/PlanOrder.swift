import Model

/// Sorts decisions and computes what each waits for.
enum PlanOrder {
  /// - Parameter decisions: Desired resources before leaving ones, each part sorted by id.
  static func arranged(_ decisions: [PlanDecision], _ request: PlanRequest) -> [ResourcePlan] {
    let ids = decisions.map(\.subject.id)
    let positions = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    let (graph, order) = ReferenceGraph(ids: ids, needs: needs(decisions, positions, request))
      .acyclicAndSorted()
    var isBlocked = [Bool](repeating: false, count: ids.count)
    var plans: [ResourcePlan] = []
    plans.reserveCapacity(ids.count)
    for position in order {
      let decision = decisions[position]
      let needed = graph.needs[position]
      var (waitingOn, waitsFor) = (decision.waitingOn, decision.waitsFor)
      if decision.blocksDependents {
        isBlocked[position] = true
      } else if decision.isActing {
        let blockers = needed.filter { isBlocked[$0] }
        isBlocked[position] = !blockers.isEmpty
        if !blockers.isEmpty {
          waitsFor = blockers.map { ids[$0] }
          waitingOn = waitsFor.map(\.description).joined(separator: ", ")
        }
      }
      plans.append(
        ResourcePlan(
          id: ids[position], outcome: decision.outcome, steps: decision.steps,
          dependsOn: dependencies(of: decision.subject, inPlan: needed.map { ids[$0] }, request),
          takesFrom: decision.takesFrom.sorted().filter { id in
            guard let holder = positions[id] else { return false }
            return decisions[holder].releases && !graph.leads(from: holder, to: position)
          },
          waitingOn: waitingOn, waitsFor: waitsFor, desired: request.desired(decision.subject),
          blockedBy: decision.blockedBy, allowed: decision.allowed, handover: decision.handover))
    }
    return plans
  }

  /// A desired resource also keeps its references to resources outside of a scoped plan, which the executor
  /// resolves, and a leaving one its new name.
  private static func dependencies(
    of subject: PlanSubject, inPlan: [ResourceID], _ request: PlanRequest
  ) -> [ResourceID] {
    if let move = request.reconcile.moves.move(from: subject.id), subject.isLeaving {
      return Set(inPlan).union([move.to]).sorted()
    }
    let references = request.references(of: subject)
    guard references.count > inPlan.count else { return inPlan }
    return Set(references.map(\.target)).union(inPlan).subtracting([subject.id]).sorted()
  }

  /// Positions that must be done first. A desired resource needs what it references. A leaving resource needs
  /// every resource that referenced it when last applied and is not known to be unchanged, and its new name.
  /// So a desired resource needs a leaving one only where it takes something from it.
  private static func needs(
    _ decisions: [PlanDecision], _ positions: [ResourceID: Int], _ request: PlanRequest
  ) -> [[Int]] {
    var needs = [[Int]](repeating: [], count: decisions.count)
    let firstLeaving = decisions.firstIndex { $0.subject.isLeaving } ?? decisions.count
    for (position, decision) in decisions.enumerated() {
      for reference in request.references(of: decision.subject) {
        if let target = positions[reference.target], target < firstLeaving {
          needs[position].append(target)
        }
      }
      for holder in decision.takesFrom {
        if let holder = positions[holder], holder >= firstLeaving, decisions[holder].deletesObject {
          needs[position].append(holder)
        }
      }
      if position >= firstLeaving, let move = request.reconcile.moves.move(from: decision.subject.id),
        let new = positions[move.to]
      {
        needs[position].append(new)
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
}
