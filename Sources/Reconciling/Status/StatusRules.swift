package import Model

/// What a pass concludes about one resource.
package struct ResourceFinding: Hashable, Sendable {
  package let status: ResourceStatus
  package let events: [Event]
  /// The world has it as declared.
  package let isApplied: Bool
  /// It is gone and leaves the inventory.
  package let isRemoved: Bool
  /// When it is worth another look although nothing failed: it becomes ready by itself, or waits for something that
  /// nobody announces.
  package let nextCheck: Timestamp?
}

/// Batches what a pass saw and did into conditions, retry times and events. Pure.
package struct StatusRules: Sendable {
  let now: Timestamp
  let revision: Int64
  let backoff: Backoff

  package init(now: Timestamp, revision: Int64, backoff: Backoff) {
    self.now = now
    self.revision = revision
    self.backoff = backoff
  }

  package struct Evidence: Sendable {
    package let planned: ResourcePlan
    /// Nil when there was nothing to execute.
    package let result: Executor.Result?
    /// The plan from a second look after the steps; nil when there was none.
    package let verified: ResourcePlan?
    package let health: Health
    /// Whether exactly this was applied before, so that a difference is drift.
    package let wasApplied: Bool
    /// Whether a step that nobody waits for any more may still take effect.
    package let mayStillChange: Bool

    package init(
      planned: ResourcePlan, result: Executor.Result?, verified: ResourcePlan?, health: Health,
      wasApplied: Bool, mayStillChange: Bool = false
    ) {
      self.mayStillChange = mayStillChange
      self.planned = planned
      self.result = result
      self.verified = verified
      self.health = health
      self.wasApplied = wasApplied
    }

    /// The world moved away from what was applied. Routine work is no sign of that.
    var isDrift: Bool {
      guard wasApplied else { return false }
      if planned.outcome == .drifted { return true }
      return planned.outcome != .delete && planned.isExecutable
        && planned.steps.contains { $0.action != .maintain }
    }
  }

  /// One true condition with its reason; the others follow.
  private struct Assessment {
    var type: Condition.Kind
    var reason: String
    var message: String
    var isFailure = false
  }

  package func evaluate(_ evidence: Evidence, previous: ResourceStatus?) -> ResourceFinding {
    let planned = evidence.planned
    let assessment = assessment(on: evidence)
    let isRemoved = planned.outcome == .delete && evidence.result == .done && assessment.type == .ready
    let isHealed =
      evidence.isDrift && evidence.result == .done && assessment.type != .drifted && !assessment.isFailure
    let failures = assessment.isFailure ? (previous?.failures ?? 0) + 1 : 0
    let conditions = Condition.Kind.allCases.map { type in
      condition(type, assessment, drifts: evidence.isDrift && !isHealed, planned, previous?.condition(type))
    }
    let status = ResourceStatus(
      id: planned.id, revision: revision, conditions: conditions, failures: failures,
      nextAttempt: assessment.isFailure ? now + backoff.rest(after: failures, of: planned.id) : nil,
      mode: planned.desired?.metadata.mode ?? .enforce)
    return ResourceFinding(
      status: status,
      events: events(evidence, assessment, isHealed: isHealed, isRemoved: isRemoved, previous: previous, status),
      isApplied: !isRemoved && (evidence.verified ?? planned).outcome == .unchanged, isRemoved: isRemoved,
      nextCheck: nextCheck(assessment, status))
  }

  static let settling = "Settling"
  private static let soonestLook = TimeSpan(seconds: 1)
  private static let latestLook = TimeSpan(seconds: 30)

  /// The longer it lasts, the rarer the looks: after half the time that it has lasted already.
  private func nextCheck(_ assessment: Assessment, _ status: ResourceStatus) -> Timestamp? {
    guard !assessment.isFailure, let condition = status.condition(assessment.type) else { return nil }
    switch assessment.type {
    case .ready, .drifted: return nil
    case .blocked where assessment.reason != "Waiting": return nil
    case .progressing, .degraded, .blocked:
      let half = TimeSpan(milliseconds: (now - condition.since).milliseconds / 2)
      return now + min(max(half, StatusRules.soonestLook), StatusRules.latestLook)
    }
  }

  private func assessment(on evidence: Evidence) -> Assessment {
    switch evidence.result {
    case .failed(let error):
      return Assessment(type: .degraded, reason: "StepFailed", message: error.description, isFailure: true)
    case .skipped(let other):
      return Assessment(type: .blocked, reason: "DependencyNotReady", message: "waits for \(other)")
    case .cancelled:
      return Assessment(
        type: .progressing, reason: "Stopped", message: "the controller stopped before it was done")
    case .superseded(let revision):
      return Assessment(
        type: .progressing, reason: "Superseded", message: "given up because revision \(revision) is newer")
    case .done, nil:
      return assessment(on: evidence.verified ?? evidence.planned, after: evidence)
    }
  }

  private func assessment(on plan: ResourcePlan, after evidence: Evidence) -> Assessment {
    let waitingOn = plan.waitingOn ?? ""
    switch plan.outcome {
    case .unchanged:
      switch evidence.health {
      case .ready: return Assessment(type: .ready, reason: "AsDeclared", message: "as declared")
      case .noted(let reason, let message): return Assessment(type: .ready, reason: reason, message: message)
      case .progressing(let reason, let message):
        return Assessment(type: .progressing, reason: reason, message: message)
      case .degraded(let reason, let message):
        return Assessment(type: .degraded, reason: reason, message: message)
      }
    case .waiting: return Assessment(type: .blocked, reason: "Waiting", message: "waits for \(waitingOn)")
    case .blocked: return Assessment(type: .blocked, reason: "Guarded", message: waitingOn)
    case .invalid: return Assessment(type: .blocked, reason: "Invalid", message: waitingOn)
    case .unknown: return Assessment(type: .degraded, reason: "NotObserved", message: waitingOn, isFailure: true)
    case .drifted:
      return Assessment(type: .drifted, reason: "Drifted", message: StatusRules.text(of: plan.steps))
    case .paused:
      return Assessment(type: .blocked, reason: "Paused", message: "reconciling is paused by its manifest")
    case .delete where plan.steps.isEmpty && evidence.mayStillChange:
      return Assessment(
        type: .progressing, reason: StatusRules.settling,
        message:
          "gone; a step that was given up, cut off or timed out may still take effect, so it is looked at "
          + "for \(Engine.settlingSpan) more before it is forgotten")
    case .delete where plan.steps.isEmpty: return Assessment(type: .ready, reason: "Removed", message: "removed")
    case .create, .update, .replace, .run, .delete:
      return Assessment(
        type: .degraded, reason: "NotConverged",
        message: "still differs after its steps were done: \(StatusRules.text(of: plan.steps))",
        isFailure: true)
    }
  }

  private func condition(
    _ type: Condition.Kind, _ assessment: Assessment, drifts: Bool, _ planned: ResourcePlan, _ previous: Condition?
  ) -> Condition {
    let status = type == assessment.type || (type == .drifted && drifts)
    let explains = status || type == .ready
    let reason = type == .drifted && drifts ? "Drifted" : explains ? assessment.reason : "No"
    let message =
      type == .drifted && drifts ? StatusRules.text(of: planned.steps) : explains ? assessment.message : ""
    return Condition(
      type, status, reason: reason, message: message,
      since: previous?.status == status ? previous?.since ?? now : now, observedRevision: revision)
  }

  private func events(
    _ evidence: Evidence, _ assessment: Assessment, isHealed: Bool, isRemoved: Bool, previous: ResourceStatus?,
    _ status: ResourceStatus
  ) -> [Event] {
    let planned = evidence.planned
    var events: [Event] = []
    func add(_ reason: String, _ message: String, isWarning: Bool = false) {
      events.append(
        Event(
          at: now, id: planned.id, isWarning: isWarning, reason: reason, message: message, revision: revision)
      )
    }
    let steps = StatusRules.text(of: planned.steps)
    if evidence.isDrift, previous?.condition(.drifted)?.status != true {
      add("DriftDetected", steps, isWarning: true)
    }
    if isRemoved {
      add("Removed", planned.steps.isEmpty ? "was gone already" : steps)
    } else if isHealed {
      add("DriftHealed", steps)
    } else if evidence.result == .done, !assessment.isFailure, assessment.reason != StatusRules.settling {
      add("Applied", steps)
    }
    let wasReady = previous?.isReady
    if assessment.type != .ready,
      previous?.condition(assessment.type).map({ $0.status && $0.message == assessment.message }) != true
    {
      add(assessment.reason, assessment.message, isWarning: assessment.type != .progressing)
    } else if assessment.type == .ready, wasReady == false, !isRemoved, events.isEmpty {
      add("Ready", assessment.message)
    }
    return events
  }

  /// Steps with their changed fields, in one line.
  private static func text(of steps: [AnyStep]) -> String {
    steps.map { step in
      let fields = step.fields.map {
        "\($0.path) \($0.from?.plainText ?? "unset") → \($0.to?.plainText ?? "unset")"
      }
      return fields.isEmpty
        ? "\(step.summary) (\(step.reason))" : "\(step.summary) (\(fields.joined(separator: ", ")))"
    }.joined(separator: "; ")
  }
}
