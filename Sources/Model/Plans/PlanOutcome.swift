/// What a planner decided for one resource.
package enum PlanOutcome<Operation: Sendable>: Sendable {
  case upToDate
  /// To be executed in this order.
  case steps([Step<Operation>])
  /// Nothing can be done before something else happens; the reason is shown to people.
  case waiting(on: String)
}

/// The input cannot be planned at all, which only a change of a manifest can mend.
package struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package let hint: String?

  package init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }

  package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
