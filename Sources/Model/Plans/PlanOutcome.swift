/// The decision of a planner about one resource.
package enum PlanOutcome<Operation: Sendable>: Sendable {
  case upToDate
  /// Steps in the order of execution.
  case steps([Step<Operation>])
  /// Nothing can be done until something else happens. `on` is a noun phrase for people, which follows `waits
  /// for`; `resources` are the resources that must change, the most important first.
  case waiting(on: String, resources: [ResourceID] = [])

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
