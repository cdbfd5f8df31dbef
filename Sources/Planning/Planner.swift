package import Model

/// Plans a whole environment, or the part of it that is in scope: asks each kind's planner, orders what came out and
/// lets the guards speak. The same request gives the same plan.
package struct Planner: Sendable {
  private let planners: [String: AnyPlanner]

  /// - `planners`: by kind.
  package init(planners: [String: AnyPlanner]) {
    self.planners = planners
  }

  /// The plan of (desired ∪ inventory) ∩ scope. Creates and updates come first, each after what it references;
  /// deletions last, each after what referenced it.
  package func plan(_ request: PlanRequest) -> Plan {
    var decisions = PlanSubject.all(in: request).map { decide($0, request) }
    let finding =
      decisions.contains { $0.outcome == .delete } ? Guards.holdingDeletions(request) : nil
    if let finding {
      for index in decisions.indices where decisions[index].outcome == .delete {
        decisions[index].outcome = .blocked
        decisions[index].waitingOn = finding.description
      }
    }
    return Plan(
      environment: request.desired.environment, revision: request.revision,
      manifestDigest: request.desired.digest, resources: PlanOrder.arranged(decisions))
  }

  private func decide(_ subject: PlanSubject, _ request: PlanRequest) -> Decision {
    let mode = subject.desired?.metadata.mode ?? .enforce
    guard mode != .paused else { return Decision(subject, .paused) }
    guard let planner = planners[subject.id.kind] else {
      return Decision(subject, .invalid, waitingOn: "no component of this program knows ‘\(subject.id.kind)’")
    }
    switch request.observations[subject.id] {
    case nil:
      return Decision(subject, .unknown, waitingOn: "\(subject.id) was not observed")
    case .failure(let error):
      return Decision(subject, .unknown, waitingOn: error.description)
    case .success(let observation):
      if subject.isLeaving, observation.state == nil { return Decision(subject, .delete) }
      let context = PlanContext(
        id: subject.id, lastApplied: subject.applied, surroundings: request.surroundings)
      do throws(PlanError) {
        let answer = try planner.plan(subject.desired, observation.state, context)
        return Decision(subject, answer, mode: mode, isAbsent: observation.state == nil)
      } catch {
        return Decision(subject, .invalid, waitingOn: error.description)
      }
    }
  }
}

/// One resource of a request.
struct PlanSubject {
  let id: ResourceID
  /// Nil when it leaves.
  let desired: AnyResource?
  let applied: AnyResource?
  var isLeaving: Bool { desired == nil }

  /// What stays, sorted by id, then what leaves, sorted by id. A small scope costs no walk over the environment.
  static func all(in request: PlanRequest) -> [PlanSubject] {
    if let scope = request.scope {
      let subjects = scope.compactMap { id -> PlanSubject? in
        let subject = PlanSubject(
          id: id, desired: request.desired.resource(id), applied: request.inventory[id]?.resource)
        return subject.desired == nil && subject.applied == nil ? nil : subject
      }
      return subjects.sorted { a, b in
        a.isLeaving == b.isLeaving ? a.id < b.id : b.isLeaving
      }
    }
    let staying = request.desired.resources.map {
      PlanSubject(id: $0.id, desired: $0, applied: request.inventory[$0.id]?.resource)
    }
    guard staying.count(where: { $0.applied != nil }) < request.inventory.count else { return staying }
    let stays = Set(staying.lazy.map(\.id))
    let leaving = request.inventory.values.filter { !stays.contains($0.id) }
      .map { PlanSubject(id: $0.id, desired: nil, applied: $0.resource) }
      .sorted { $0.id < $1.id }
    return staying + leaving
  }
}

/// What was decided for one resource before order and waiting are known.
struct Decision {
  let subject: PlanSubject
  var outcome: ResourcePlan.Outcome
  let steps: [AnyStep]
  var waitingOn: String?

  init(
    _ subject: PlanSubject, _ outcome: ResourcePlan.Outcome, steps: [AnyStep] = [], waitingOn: String? = nil
  ) {
    self.subject = subject
    self.outcome = outcome
    self.steps = steps
    self.waitingOn = waitingOn
  }

  /// What a planner's answer means for a resource in `mode` that is or `isAbsent`.
  init(
    _ subject: PlanSubject, _ answer: PlanOutcome<any StepOperation>, mode: ReconcileMode, isAbsent: Bool
  ) {
    switch answer {
    case .waiting(let reason):
      self.init(subject, .waiting, waitingOn: reason)
    case .upToDate:
      self.init(subject, subject.isLeaving ? .delete : .unchanged)
    case .steps(let steps):
      let outcome = Decision.outcome(of: steps, isLeaving: subject.isLeaving, isAbsent: isAbsent)
      self.init(subject, mode == .observe && outcome != .unchanged ? .drifted : outcome, steps: steps)
    }
  }

  private static func outcome(
    of steps: [AnyStep], isLeaving: Bool, isAbsent: Bool
  ) -> ResourcePlan.Outcome {
    if isLeaving { return .delete }
    if steps.isEmpty { return .unchanged }
    if isAbsent, steps.contains(where: { $0.action == .create }) { return .create }
    if steps.contains(where: { $0.action == .replace }) { return .replace }
    return steps.allSatisfy { $0.action == .run } ? .run : .update
  }
}

extension DesiredState {
  /// The resource of this id, by binary search in the sorted list.
  fileprivate func resource(_ id: ResourceID) -> AnyResource? {
    var (low, high) = (0, resources.count)
    while low < high {
      let middle = (low + high) / 2
      if resources[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < resources.count && resources[low].id == id ? resources[low] : nil
  }
}
