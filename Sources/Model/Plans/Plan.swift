/// All steps for a revision, each with what it waits on. Resources are sorted so that none comes before what it
/// depends on; deletions come last, in the opposite order.
package struct Plan: Sendable {
  package let environment: String
  /// The revision that these manifests are, or would become when applied.
  package let revision: Int64
  /// Digest of the desired resources, to tell whether manifests changed since the plan was made.
  package let manifestDigest: Digest
  package let resources: [ResourcePlan]

  package init(environment: String, revision: Int64, manifestDigest: Digest, resources: [ResourcePlan]) {
    self.environment = environment
    self.revision = revision
    self.manifestDigest = manifestDigest
    self.resources = resources
  }

  /// Whether anything would be executed, now or once what it waits for has happened.
  package var hasChanges: Bool {
    resources.contains { $0.outcome != .unchanged && $0.outcome != .paused }
  }
  /// Whether there is anything to apply. What is only watched, and differs, is none of that, nor is what is gone
  /// already and only to be forgotten.
  package var hasWork: Bool {
    resources.contains {
      ![.unchanged, .paused, .drifted].contains($0.outcome) && !($0.outcome == .delete && $0.steps.isEmpty)
    }
  }
  package var isBlocked: Bool { resources.contains { $0.outcome == .blocked } }
}

/// The plan of one resource.
package struct ResourcePlan: Sendable {
  package enum Outcome: String, Sendable, Codable, CaseIterable {
    case unchanged, create, update, replace, delete
    /// Only steps that leave the resource as described, such as starting a stopped container.
    case run
    /// The planner needs something to happen first; see `waitingOn`.
    case waiting
    /// Guards hold the steps back; see `heldBy`, and `waitingOn` for the same as text.
    case blocked
    /// It could not be observed, so nothing is planned for it; see `waitingOn`.
    case unknown
    /// The planner found that it cannot be done as written; see `waitingOn`.
    case invalid
    /// Mode `observe`: differs, and is only reported.
    case drifted
    /// Mode `paused`.
    case paused
  }

  package let id: ResourceID
  package let outcome: Outcome
  package let steps: [AnyStep]
  /// Resources that must be done before the first step.
  package let dependsOn: [ResourceID]
  package let waitingOn: String?
  /// The desired resource; nil when it leaves.
  package let desired: AnyResource?
  /// What holds the steps back; empty unless the outcome is `blocked`.
  package let heldBy: [GuardFinding]
  /// What would hold the steps back if a person had not allowed it.
  package let allowed: [GuardFinding]
  /// Where the desired resource is written; nil where that is not known.
  package let place: SourceLocation?

  /// - Parameter place: nil: that of `desired`.
  package init(
    id: ResourceID, outcome: Outcome, steps: [AnyStep] = [], dependsOn: [ResourceID] = [],
    waitingOn: String? = nil,
    desired: AnyResource?, heldBy: [GuardFinding] = [], allowed: [GuardFinding] = [],
    place: SourceLocation? = nil
  ) {
    self.place = place ?? desired?.location
    self.id = id
    self.outcome = outcome
    self.steps = steps
    self.dependsOn = dependsOn
    self.waitingOn = waitingOn
    self.desired = desired
    self.heldBy = heldBy
    self.allowed = allowed
  }

  package var risk: Risk { steps.map(\.risk).max() ?? .safe }
}
