import Model

/// The decision about one resource, before the order of the plan is known.
struct PlanDecision {
  let subject: PlanSubject
  var outcome: ResourcePlan.Outcome
  let steps: [AnyStep]
  /// What the resource waits for, for people.
  var waitingOn: String?
  /// The resources that it waits for, the most important first.
  var waitsFor: [ResourceID]
  var blockedBy: [GuardFinding] = []
  var allowed: [GuardFinding] = []
  var handover: Handover?
  /// The resources that hold what it claims, and release it.
  var takesFrom: Set<ResourceID> = []

  init(
    _ subject: PlanSubject, _ outcome: ResourcePlan.Outcome, steps: [AnyStep] = [], waitingOn: String? = nil,
    waitsFor: [ResourceID] = []
  ) {
    self.subject = subject
    self.outcome = outcome
    self.steps = steps
    self.waitingOn = waitingOn
    self.waitsFor = waitsFor
  }

  /// The decision that follows from a planner's outcome.
  /// - Parameter isNew: Whether the resource does not exist, or was never applied and only its surroundings
  ///   exist.
  init(
    _ subject: PlanSubject, _ planned: PlanOutcome<any StepOperation>, mode: ReconcileMode, isNew: Bool
  ) {
    switch planned {
    case .waiting(let prerequisite, let resources):
      self.init(subject, .waiting, waitingOn: prerequisite, waitsFor: resources)
    case .upToDate:
      self.init(subject, subject.isLeaving ? .delete : .unchanged)
    case .steps(let steps):
      let outcome = PlanDecision.outcome(of: steps, isLeaving: subject.isLeaving, isNew: isNew)
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

extension PlanDecision {
  /// Whether its steps run.
  var isActing: Bool { outcome.isExecutable }

  /// Whether a dependent resource cannot be worked on after this outcome.
  var blocksDependents: Bool {
    switch outcome {
    case .waiting, .blocked, .unknown, .invalid: true
    case .unchanged, .create, .update, .replace, .delete, .run, .drifted, .paused: false
    }
  }

  /// Whether it deletes an object in the outside system, and not only the inventory entry.
  var deletesObject: Bool { outcome == .delete && !steps.isEmpty }
  var isDestructive: Bool { isActing && steps.contains { $0.risk == .destructive } }
  /// Whether it leaves its things as they are, although it may not be as declared.
  var keepsThings: Bool { blocksDependents || outcome == .drifted || outcome == .paused }
  var releases: Bool { isActing && steps.first?.isRelease ?? false }
  var replaces: Bool { steps.contains { $0.action == .replace } }
}
