/// What a planner decided for one resource.
package enum PlanOutcome<Operation: Sendable>: Sendable {
  case upToDate
  /// To be executed in this order.
  case steps([Step<Operation>])
  /// Nothing can be done before something else happens; the reason is shown to people.
  case waiting(on: String)

  /// `.upToDate` where there are no steps.
  package init(steps: [Step<Operation>]) { self = steps.isEmpty ? .upToDate : .steps(steps) }
}

/// A planner's input cannot be planned; only a change of a manifest helps.
package enum PlanErrorCode: String, ProblemCode {
  case invalid

  package static let domain = "plan"
}

package typealias PlanError = Problem<PlanErrorCode>

extension PlanError {
  package init(_ message: String, hint: String? = nil) { self.init(.invalid, message, hint: hint) }
}
