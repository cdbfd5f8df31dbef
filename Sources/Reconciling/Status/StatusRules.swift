package import Model

/// Derives conditions, retry times and events from the observations and results of a pass. Pure.
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
    /// The plan from an observation after the steps; nil when there was none.
    package let verified: ResourcePlan?
    package let health: Health
    /// Whether exactly this was applied before, so that a difference is drift.
    package let wasApplied: Bool
    /// Whether an earlier step may still take effect.
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

    /// Whether the outside system changed since the resource was applied. Routine work is not drift.
    var isDrift: Bool {
      guard wasApplied else { return false }
      if planned.outcome == .drifted { return true }
      return planned.outcome != .delete && planned.isExecutable
        && planned.steps.contains { $0.action != .maintain }
    }
  }

  /// The condition that is true, with its reason. The other conditions follow from it.
  private struct Assessment {
    var type: Condition.Kind
    var reason: ConditionReason
    var message: String
    var waitsFor: [ResourceID] = []
    var isFailure = false
  }

  package func evaluate(_ evidence: Evidence, previous: ResourceStatus?) -> ResourceFinding {
    let planned = evidence.planned
    let assessment = assess(evidence)
    let isRemoved = planned.outcome == .delete && evidence.result == .done && assessment.type == .ready
    let isHealed =
      evidence.isDrift && evidence.result == .done && assessment.type != .drifted && !assessment.isFailure
    let failures = assessment.isFailure ? (previous?.failures ?? 0) + 1 : 0
    let conditions = Condition.Kind.allCases.map { type in
      condition(
        type, assessment, drifts: evidence.isDrift && !isHealed, planned, previous?.condition(type))
    }
    let status = ResourceStatus(
      id: planned.id, revision: revision, conditions: conditions, failures: failures,
      nextAttempt: assessment.isFailure ? now + backoff.rest(after: failures, of: planned.id) : nil,
      mode: planned.desired?.metadata.mode ?? .enforce)
    return ResourceFinding(
      status: status,
      events: events(evidence, assessment, isHealed: isHealed, isRemoved: isRemoved, previous: previous),
      isApplied: !isRemoved && (evidence.verified ?? planned).outcome == .unchanged, isRemoved: isRemoved,
      nextCheck: nextCheck(assessment, status))
  }

  private static let minCheckInterval = TimeSpan(seconds: 1)
  private static let maxCheckInterval = TimeSpan(seconds: 30)

  /// After half of the time that the condition has lasted, so that checks become rarer.
  private func nextCheck(_ assessment: Assessment, _ status: ResourceStatus) -> Timestamp? {
    guard !assessment.isFailure, let condition = status.condition(assessment.type) else { return nil }
    switch assessment.type {
    case .ready, .drifted: return nil
    case .blocked where assessment.reason != .waiting: return nil
    case .progressing, .degraded, .blocked:
      let half = TimeSpan(milliseconds: (now - condition.since).milliseconds / 2)
      return now + min(max(half, StatusRules.minCheckInterval), StatusRules.maxCheckInterval)
    }
  }

  private func assess(_ evidence: Evidence) -> Assessment {
    switch evidence.result {
    case .failed(let error):
      return Assessment(
        type: .degraded, reason: .stepFailed, message: error.description, isFailure: true)
    case .skipped(let other):
      return Assessment(
        type: .blocked, reason: .dependencyNotReady, message: "waits for \(other)", waitsFor: [other])
    case .cancelled:
      return Assessment(
        type: .progressing, reason: .stopped, message: "the controller stopped before it was done")
    case .superseded(let revision):
      return Assessment(
        type: .progressing, reason: .superseded, message: "cancelled because revision \(revision) is newer")
    case .done, nil:
      return assess(evidence.verified ?? evidence.planned, evidence)
    }
  }

  private func assess(_ plan: ResourcePlan, _ evidence: Evidence) -> Assessment {
    let waitingOn = plan.waitingOn ?? ""
    switch plan.outcome {
    case .unchanged: return assess(evidence.health)
    case .waiting:
      return Assessment(
        type: .blocked, reason: .waiting, message: "waits for \(waitingOn)", waitsFor: plan.waitsFor)
    case .blocked where plan.blockedBy.contains { $0.rule == .booksMissing }:
      return Assessment(type: .degraded, reason: .booksMissing, message: waitingOn)
    case .blocked: return Assessment(type: .blocked, reason: .guarded, message: waitingOn)
    case .invalid: return Assessment(type: .blocked, reason: .invalid, message: waitingOn)
    case .unknown:
      return Assessment(type: .degraded, reason: .notObserved, message: waitingOn, isFailure: true)
    case .drifted:
      return Assessment(type: .drifted, reason: .drifted, message: StatusRules.text(of: plan.steps))
    case .paused:
      return Assessment(type: .blocked, reason: .paused, message: "reconciling is paused by its manifest")
    case .delete where plan.steps.isEmpty && evidence.mayStillChange:
      return Assessment(
        type: .progressing, reason: .settling,
        message:
          "gone; a step that was cancelled, interrupted or timed out may still take effect, so it is "
          + "observed for \(Engine.settlingSpan) more before it is forgotten")
    case .delete where plan.steps.isEmpty:
      return Assessment(type: .ready, reason: .removed, message: "removed")
    case .create, .update, .replace, .run, .delete:
      return Assessment(
        type: .degraded, reason: .notConverged,
        message: "still differs after its steps were done: \(StatusRules.text(of: plan.steps))",
        isFailure: true)
    }
  }

  private func assess(_ health: Health) -> Assessment {
    switch health {
    case .ready: Assessment(type: .ready, reason: .asDeclared, message: "as declared")
    case .noted(let reason, let message):
      Assessment(type: .ready, reason: ConditionReason(rawValue: reason), message: message)
    case .progressing(let reason, let message):
      Assessment(type: .progressing, reason: ConditionReason(rawValue: reason), message: message)
    case .degraded(let reason, let message):
      Assessment(type: .degraded, reason: ConditionReason(rawValue: reason), message: message)
    }
  }

  private func condition(
    _ type: Condition.Kind, _ assessment: Assessment, drifts: Bool, _ planned: ResourcePlan,
    _ previous: Condition?
  ) -> Condition {
    let isDrift = type == .drifted && drifts
    let status = type == assessment.type || isDrift
    let explains = status || type == .ready
    return Condition(
      type, status, reason: isDrift ? .drifted : explains ? assessment.reason : .no,
      message: isDrift ? StatusRules.text(of: planned.steps) : explains ? assessment.message : "",
      waitsFor: type == assessment.type ? assessment.waitsFor : [],
      since: Condition.since(status, previous: previous, now: now), observedRevision: revision)
  }

  private func events(
    _ evidence: Evidence, _ assessment: Assessment, isHealed: Bool, isRemoved: Bool, previous: ResourceStatus?
  ) -> [Event] {
    let planned = evidence.planned
    var events: [Event] = []
    func add(_ reason: EventReason, _ message: String, isWarning: Bool = false) {
      events.append(
        Event(
          at: now, id: planned.id, isWarning: isWarning, reason: reason, message: message, revision: revision)
      )
    }
    let steps = StatusRules.text(of: planned.steps)
    if evidence.isDrift, previous?.condition(.drifted)?.status != true {
      add(.driftDetected, steps, isWarning: true)
    }
    if isRemoved {
      add(.removed, planned.steps.isEmpty ? "was gone already" : steps)
    } else if isHealed {
      add(.driftHealed, steps)
    } else if evidence.result == .done, !assessment.isFailure, assessment.reason != .settling {
      add(.applied, steps)
    }
    let former = previous?.condition(assessment.type)
    let isRepeated = former?.status == true && former?.message == assessment.message
    if assessment.type != .ready, !isRepeated {
      add(
        .condition(assessment.reason), assessment.message, isWarning: assessment.type != .progressing)
    } else if assessment.type == .ready, previous?.isReady == false, !isRemoved, events.isEmpty {
      add(.ready, assessment.message)
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
