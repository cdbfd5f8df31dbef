/// Why a condition has its status. The raw value is the CamelCase word that is stored and that programs read.
package enum ConditionReason: Hashable, Sendable {
  /// The condition's status is false.
  case no
  /// Ready: the outside system matches the manifest.
  case asDeclared
  /// Ready: the resource is gone, as it should be.
  case removed
  /// Progressing: the controller stopped before it was done.
  case stopped
  /// Progressing: a newer revision replaced the one that was being applied.
  case superseded
  /// Progressing: a cancelled call to the outside system has not returned.
  case callDoesNotEnd
  /// Progressing: the resource is gone, and a step may still take effect.
  case settling
  /// Degraded: a step failed.
  case stepFailed
  /// Degraded: the outside system could not be read.
  case notObserved
  /// Degraded: the resource differs after its steps were done.
  case notConverged
  /// Degraded: the data that the resource had is missing, and nothing takes its place without permission.
  case booksMissing
  /// Blocked: another resource is not done.
  case dependencyNotReady
  /// Blocked: the planner waits for a prerequisite.
  case waiting
  /// Blocked: a guard does not allow the steps.
  case guarded
  /// Blocked: the manifest cannot be applied as it is written.
  case invalid
  /// Blocked: the manifest pauses reconciling.
  case paused
  /// Drifted.
  case drifted
  /// A reason of a kind's own, such as `HealthCheckFailed`.
  case kind(String)

  private static let wellKnown: [ConditionReason] = [
    .no, .asDeclared, .removed, .stopped, .superseded, .callDoesNotEnd, .settling, .stepFailed, .notObserved,
    .notConverged, .booksMissing, .dependencyNotReady, .waiting, .guarded, .invalid, .paused, .drifted,
  ]

  private static let byRawValue = Dictionary(
    uniqueKeysWithValues: wellKnown.map { ($0.rawValue, $0) })
}

extension ConditionReason {
  package init(rawValue: String) { self = ConditionReason.byRawValue[rawValue] ?? .kind(rawValue) }

  package var rawValue: String {
    switch self {
    case .no: "No"
    case .asDeclared: "AsDeclared"
    case .removed: "Removed"
    case .stopped: "Stopped"
    case .superseded: "Superseded"
    case .callDoesNotEnd: "CallDoesNotEnd"
    case .settling: "Settling"
    case .stepFailed: "StepFailed"
    case .notObserved: "NotObserved"
    case .notConverged: "NotConverged"
    case .booksMissing: "BooksMissing"
    case .dependencyNotReady: "DependencyNotReady"
    case .waiting: "Waiting"
    case .guarded: "Guarded"
    case .invalid: "Invalid"
    case .paused: "Paused"
    case .drifted: "Drifted"
    case .kind(let word): word
    }
  }
}
