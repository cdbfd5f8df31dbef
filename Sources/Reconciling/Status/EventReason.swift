package import Model

/// What happened. The raw value is the CamelCase word that is stored and that programs read.
package enum EventReason: Hashable, Sendable {
  // Resources
  /// The steps of a resource were done.
  case applied
  /// A resource became ready without steps.
  case ready
  /// A resource was removed.
  case removed
  case driftDetected
  /// Steps removed a drift.
  case driftHealed
  /// A resource drifts again soon after each healing.
  case driftsAgain
  /// A person overrode a guard.
  case guardAllowed
  /// A condition other than ready became true, or its message changed.
  case condition(ConditionReason)

  // Revisions
  /// Quarantined manifests were not applied.
  case revisionQuarantined
  case quarantineLifted
  /// An atomic apply failed and rolls back.
  case goingBack
  /// An abandoned atomic apply was rolled back.
  case wentBack
  case manifestsUnreadable
  /// The manifests are those of another environment.
  case otherEnvironment
  /// A thing that a resource of an earlier version declared belongs to another resource.
  case ownershipUndecided

  /// Resources that the manifests removed have not left yet; see `PendingRemoval`.
  case removalPending
  /// Resources that were about to leave stay.
  case removalCancelled

  // Replicas
  /// A controller waits for its share of the environment.
  case joined
  case leaseLost
  /// A controller took over the key ranges of another.
  case leaseTaken
  /// The store rejected a write of a controller that had lost its lease.
  case writeRejected
  case stateUnavailable

  private static let wellKnown: [EventReason] = [
    .applied, .ready, .removed, .driftDetected, .driftHealed, .driftsAgain, .guardAllowed,
    .revisionQuarantined, .quarantineLifted, .goingBack, .wentBack, .manifestsUnreadable, .otherEnvironment,
    .ownershipUndecided, .removalPending, .removalCancelled, .joined, .leaseLost, .leaseTaken, .writeRejected,
    .stateUnavailable,
  ]

  private static let byRawValue = Dictionary(uniqueKeysWithValues: wellKnown.map { ($0.rawValue, $0) })
}

extension EventReason: RawRepresentable {
  package init(rawValue: String) {
    self = EventReason.byRawValue[rawValue] ?? .condition(ConditionReason(rawValue: rawValue))
  }

  package var rawValue: String {
    switch self {
    case .applied: "Applied"
    case .ready: "Ready"
    case .removed: "Removed"
    case .driftDetected: "DriftDetected"
    case .driftHealed: "DriftHealed"
    case .driftsAgain: "DriftsAgain"
    case .guardAllowed: "GuardAllowed"
    case .condition(let reason): reason.rawValue
    case .revisionQuarantined: "RevisionQuarantined"
    case .quarantineLifted: "QuarantineLifted"
    case .goingBack: "GoingBack"
    case .wentBack: "WentBack"
    case .manifestsUnreadable: "ManifestsUnreadable"
    case .otherEnvironment: "OtherEnvironment"
    case .ownershipUndecided: "OwnershipUndecided"
    case .removalPending: "RemovalPending"
    case .removalCancelled: "RemovalCancelled"
    case .joined: "Joined"
    case .leaseLost: "LeaseLost"
    case .leaseTaken: "LeaseTaken"
    case .writeRejected: "WriteRejected"
    case .stateUnavailable: "StateUnavailable"
    }
  }
}
