import Model

/// Puts decisions in order and says what each waits for.
enum PlanOrder {
  /// - `decisions`: what stays before what leaves, each part sorted by id.
  static func arranged(_ decisions: [Decision]) -> [ResourcePlan] {
    let ids = decisions.map(\.subject.id)
    let graph = ReferenceGraph(ids: ids, needs: needs(decisions)).acyclic()
    var isHeld = [Bool](repeating: false, count: ids.count)
    var plans: [ResourcePlan] = []
    plans.reserveCapacity(ids.count)
    for position in graph.sorted() {
      let decision = decisions[position]
      let needed = graph.needs[position]
      var waitingOn = decision.waitingOn
      if isHolding(decision.outcome) {
        isHeld[position] = true
      } else if isActing(decision.outcome) {
        let blockers = needed.filter { isHeld[$0] || decision.isHeldToo(by: decisions[$0]) }
        isHeld[position] = !blockers.isEmpty
        if !blockers.isEmpty {
          waitingOn = blockers.map { ids[$0].description }.joined(separator: ", ")
        }
      }
      plans.append(
        ResourcePlan(
          id: ids[position], outcome: decision.outcome, steps: decision.steps,
          dependsOn: needed.map { ids[$0] }, waitingOn: waitingOn, desired: decision.subject.desired))
    }
    return plans
  }

  /// Positions that must be done first. What stays needs what it references. What leaves needs everything that
  /// referenced it when last applied and is not known to be settled already. So nothing that stays ever needs
  /// something that leaves.
  private static func needs(_ decisions: [Decision]) -> [[Int]] {
    var needs = [[Int]](repeating: [], count: decisions.count)
    guard
      decisions.contains(where: {
        $0.subject.desired?.references.isEmpty == false || $0.subject.isLeaving
      })
    else { return needs }
    let positions = Dictionary(
      uniqueKeysWithValues: decisions.enumerated().map { ($1.subject.id, $0) })
    let firstLeaving = decisions.firstIndex { $0.subject.isLeaving } ?? decisions.count
    for (position, decision) in decisions.enumerated() {
      if let desired = decision.subject.desired {
        needs[position] = desired.references.compactMap { positions[$0.target] }
          .filter { $0 < firstLeaving }
      }
      if firstLeaving < decisions.count, decision.outcome != .unchanged, let applied = decision.subject.applied {
        for reference in applied.references {
          if let target = positions[reference.target], target >= firstLeaving {
            needs[target].append(position)
          }
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

  private static func isActing(_ outcome: ResourcePlan.Outcome) -> Bool {
    switch outcome {
    case .create, .update, .replace, .delete, .run: true
    case .unchanged, .waiting, .blocked, .unknown, .invalid, .drifted, .paused: false
    }
  }
}

extension Decision {
  /// What leaves also waits for a resource that used it and that nobody changes now, so that the user's last word on
  /// a paused or observed resource does not pull away what that resource still runs on.
  fileprivate func isHeldToo(by needed: Decision) -> Bool {
    outcome == .delete && (needed.outcome == .paused || needed.outcome == .drifted)
  }
}
