package import Model

/// The status of one resource, as last determined.
package struct ResourceStatus: Hashable, Sendable {
  package let id: ResourceID
  /// The revision that the status was determined for.
  package let revision: Int64
  package let conditions: [Condition]
  /// Failed attempts since the last success.
  package let failures: Int
  /// When the next attempt is due; nil when none is.
  package let nextAttempt: Timestamp?
  package let mode: ReconcileMode

  package init(
    id: ResourceID, revision: Int64, conditions: [Condition], failures: Int, nextAttempt: Timestamp?,
    mode: ReconcileMode
  ) {
    self.id = id
    self.revision = revision
    self.conditions = conditions
    self.failures = failures
    self.nextAttempt = nextAttempt
    self.mode = mode
  }

  package func condition(_ type: Condition.Kind) -> Condition? { conditions.first { $0.type == type } }
  package var isReady: Bool { condition(.ready)?.status ?? false }

  /// Why the resource is blocked; nil when it is not.
  package var blockedReason: ConditionReason? {
    condition(.blocked).flatMap { $0.status ? $0.reason : nil }
  }

  /// Whether a guard blocks the resource.
  package var isGuarded: Bool {
    blockedReason == .guarded || condition(.degraded).map { $0.status && $0.reason == .booksMissing } ?? false
  }

  /// The most important condition: what is wrong, else that it is ready.
  package var headline: Condition? {
    let order: [Condition.Kind] = [.degraded, .drifted, .blocked, .progressing, .ready]
    return order.lazy.compactMap { self.condition($0) }.first { $0.status } ?? condition(.ready)
  }
}

extension Condition {
  /// Since when a condition has this status: the time of the previous condition when the status is the same.
  static func since(_ status: Bool, previous: Condition?, now: Timestamp) -> Timestamp {
    guard let previous, previous.status == status else { return now }
    return previous.since
  }
}
