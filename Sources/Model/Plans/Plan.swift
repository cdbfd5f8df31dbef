/// All steps for a revision, each with its dependencies. Resources are sorted so that each comes after what
/// it depends on; deletions come last, in the opposite order.
package struct Plan: Sendable {
  package let environment: String
  /// The revision of these manifests, or the revision that applying them would create.
  package let revision: Int64
  /// Digest of the desired resources. Shows whether the manifests changed after the plan was made.
  package let manifestDigest: Digest
  package let resources: [ResourcePlan]

  package init(environment: String, revision: Int64, manifestDigest: Digest, resources: [ResourcePlan]) {
    self.environment = environment
    self.revision = revision
    self.manifestDigest = manifestDigest
    self.resources = resources
  }

  /// Whether steps would run, now or after a prerequisite is met.
  package var hasChanges: Bool {
    resources.contains { $0.outcome != .unchanged && $0.outcome != .paused }
  }
  /// Whether there is anything to apply. Drift in mode `observe` does not count, nor does a deletion without
  /// steps, which only removes the inventory entry.
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
    /// Only steps that keep the resource as described, such as starting a stopped container.
    case run
    /// The planner waits for a prerequisite; see `waitingOn`.
    case waiting
    /// Guards do not allow the steps; see `blockedBy`, and `waitingOn` for the same as text.
    case blocked
    /// The resource could not be observed, so nothing is planned for it; see `waitingOn`.
    case unknown
    /// The planner reports that the manifest cannot be applied as it is written; see `waitingOn`.
    case invalid
    /// Mode `observe`: the resource differs, which is only reported.
    case drifted
    /// Mode `paused`.
    case paused

    /// Whether the executor works on the resource: it has steps, or its inventory entry is to be removed.
    package var isExecutable: Bool {
      switch self {
      case .create, .update, .replace, .run, .delete: true
      case .unchanged, .waiting, .blocked, .unknown, .invalid, .drifted, .paused: false
      }
    }
  }

  package let id: ResourceID
  package let outcome: Outcome
  package let steps: [AnyStep]
  /// Resources that must be done before the first step runs.
  package let dependsOn: [ResourceID]
  /// Resources of the plan whose releasing steps must be done before the other steps of this one run: it
  /// takes what they release.
  package let takesFrom: [ResourceID]
  /// What the resource waits for, for people; nil when it does not wait.
  package let waitingOn: String?
  /// The resources that it waits for, the most important first.
  package let waitsFor: [ResourceID]
  /// The desired resource; nil when it left the manifests.
  package let desired: AnyResource?
  /// Guards that do not allow the steps. Empty unless the outcome is `blocked`.
  package let blockedBy: [GuardFinding]
  /// Guards that would not allow the steps if a person had not overridden them.
  package let allowed: [GuardFinding]
  /// The location of the desired resource in the manifests; nil when it is not known.
  package let location: SourceLocation?
  /// Why the resource begins or ends without its things being created or removed; nil where they are.
  package let handover: Handover?

  /// - Parameter location: Nil for the location of `desired`.
  package init(
    id: ResourceID, outcome: Outcome, steps: [AnyStep] = [], dependsOn: [ResourceID] = [],
    takesFrom: [ResourceID] = [], waitingOn: String? = nil, waitsFor: [ResourceID] = [],
    desired: AnyResource?, blockedBy: [GuardFinding] = [], allowed: [GuardFinding] = [],
    location: SourceLocation? = nil, handover: Handover? = nil
  ) {
    self.location = location ?? desired?.location
    self.id = id
    self.outcome = outcome
    self.steps = steps
    self.dependsOn = dependsOn
    self.takesFrom = takesFrom
    self.waitingOn = waitingOn
    self.waitsFor = waitsFor
    self.desired = desired
    self.blockedBy = blockedBy
    self.allowed = allowed
    self.handover = handover
  }

  package var risk: Risk { steps.map(\.risk).max() ?? .safe }
  package var isExecutable: Bool { outcome.isExecutable }
  /// How many steps, from the first one on, only release what others may take.
  package var releaseCount: Int { steps.prefix(while: \.isRelease).count }
}
