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
    Guards(request: request, planners: planners).hold(&decisions)
    StillUsed.hold(&decisions, request)
    return Plan(
      environment: request.desired.environment, revision: request.revision,
      manifestDigest: request.desired.digest, resources: PlanOrder.arranged(decisions, request))
  }

  private func decide(_ subject: PlanSubject, _ request: PlanRequest) -> Decision {
    let mode = subject.place.map { request.desired.resources[$0].metadata.mode } ?? .enforce
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
        id: subject.id, lastApplied: request.applied(subject),
        surroundings: request.surroundings)
      do throws(PlanError) {
        let answer = try planner.plan(request.desired(subject), observation.state, context)
        return Decision(
          subject, answer, mode: mode, isNew: observation.state == nil || request.inventory[subject.id] == nil
        )
      } catch {
        return Decision(subject, .invalid, waitingOn: error.description)
      }
    }
  }
}

/// One resource of a request: its id and where it stands, since whole resources are large to copy.
struct PlanSubject {
  let id: ResourceID
  /// Position among the desired resources; nil when it leaves.
  let place: Int?
  var isLeaving: Bool { place == nil }

  /// What stays, sorted by id, then what leaves, sorted by id. A small scope costs no walk over the environment.
  static func all(in request: PlanRequest) -> [PlanSubject] {
    if let scope = request.scope {
      let subjects = scope.compactMap { id -> PlanSubject? in
        let place = request.desired.place(of: id)
        return place == nil && request.inventory[id] == nil ? nil : PlanSubject(id: id, place: place)
      }
      return subjects.sorted { a, b in
        a.isLeaving == b.isLeaving ? a.id < b.id : b.isLeaving
      }
    }
    let staying = request.desired.resources.indices.map {
      PlanSubject(id: request.desired.resources[$0].id, place: $0)
    }
    let leaving = leaving(in: request).sorted().map { PlanSubject(id: $0, place: nil) }
    return staying + leaving
  }

  private static func leaving(in request: PlanRequest) -> [ResourceID] {
    let known = request.desired.resources.count { request.inventory.index(forKey: $0.id) != nil }
    guard known < request.inventory.count else { return [] }
    let stays = Set(request.desired.resources.lazy.map(\.id))
    return request.inventory.keys.filter { !stays.contains($0) }
  }
}

extension PlanRequest {
  func desired(_ subject: PlanSubject) -> AnyResource? {
    subject.place.map { desired.resources[$0] }
  }

  func applied(_ subject: PlanSubject) -> AnyResource? {
    inventory.index(forKey: subject.id).map { inventory.values[$0].resource }
  }

  /// What the desired resource mentions; nothing for what leaves.
  func references(of subject: PlanSubject) -> [Reference] {
    subject.place.map { desired.resources[$0].references } ?? []
  }
}

extension DesiredState {
  /// Where the resource stands in the sorted list, by binary search.
  fileprivate func place(of id: ResourceID) -> Int? {
    var (low, high) = (0, resources.count)
    while low < high {
      let middle = (low + high) / 2
      if resources[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < resources.count && resources[low].id == id ? low : nil
  }
}

/// What was decided for one resource before order and waiting are known.
struct Decision {
  let subject: PlanSubject
  var outcome: ResourcePlan.Outcome
  let steps: [AnyStep]
  var waitingOn: String?
  var blockedBy: [GuardFinding] = []
  var allowed: [GuardFinding] = []

  init(
    _ subject: PlanSubject, _ outcome: ResourcePlan.Outcome, steps: [AnyStep] = [], waitingOn: String? = nil
  ) {
    self.subject = subject
    self.outcome = outcome
    self.steps = steps
    self.waitingOn = waitingOn
  }

  /// Whether it takes something out of the world, rather than only out of the inventory.
  var removesSomething: Bool { outcome == .delete && !steps.isEmpty }

  /// What a planner's answer means for a resource in `mode`; `isNew`: nothing of it is there, or
  /// it was never applied and only its surroundings are.
  init(
    _ subject: PlanSubject, _ answer: PlanOutcome<any StepOperation>, mode: ReconcileMode, isNew: Bool
  ) {
    switch answer {
    case .waiting(let reason):
      self.init(subject, .waiting, waitingOn: reason)
    case .upToDate:
      self.init(subject, subject.isLeaving ? .delete : .unchanged)
    case .steps(let steps):
      let outcome = Decision.outcome(of: steps, isLeaving: subject.isLeaving, isNew: isNew)
      if mode == .enforce || outcome == .unchanged {
        self.init(subject, outcome, steps: steps)
      } else if steps.allSatisfy({ $0.action == .maintain }) {
        self.init(subject, .unchanged)
      } else {
        self.init(subject, .drifted, steps: steps)
      }
    }
  }

  private static func outcome(
    of steps: [AnyStep], isLeaving: Bool, isNew: Bool
  ) -> ResourcePlan.Outcome {
    if isLeaving { return .delete }
    if steps.isEmpty { return .unchanged }
    if isNew, steps.contains(where: { $0.action == .create }) { return .create }
    if steps.contains(where: { $0.action == .replace }) { return .replace }
    return steps.allSatisfy { $0.action == .run || $0.action == .maintain } ? .run : .update
  }
}
