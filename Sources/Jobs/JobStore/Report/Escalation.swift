import Placement

/// Whether a job that failed on enough nodes goes to the overflow pool (seeds 3.1: retry, then overflow).
/// Pure; every transaction that ends attempts or waiting jobs decides by it.
struct Escalation: Hashable {
  let settings: SchedulerSettings
  /// Whether a node of the overflow pool is declared.
  let hasOverflowNodes: Bool

  /// - Parameter isOverflow: whether the job was escalated before.
  func escalates(isOverflow: Bool) -> Bool {
    !isOverflow && settings.escalates && hasOverflowNodes
  }

  /// The end of the reason of a job that failed because it could not be escalated.
  var failureNote: String {
    settings.escalates && !hasOverflowNodes ? "; there is no overflow node" : ""
  }
}
