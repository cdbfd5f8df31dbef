package import Model

/// The number of resources by outcome.
package struct PlanSummary: Hashable, Sendable {
  private let counts: [ResourcePlan.Outcome: Int]

  package init(_ resources: [ResourcePlan]) {
    var counts: [ResourcePlan.Outcome: Int] = [:]
    for resource in resources { counts[resource.outcome, default: 0] += 1 }
    self.counts = counts
  }

  package subscript(outcome: ResourcePlan.Outcome) -> Int { counts[outcome] ?? 0 }

  package var create: Int { self[.create] }
  /// Includes resources whose steps leave them as described, such as a start.
  package var update: Int { self[.update] + self[.run] }
  package var replace: Int { self[.replace] }
  package var delete: Int { self[.delete] }
  /// Includes paused resources.
  package var unchanged: Int { self[.unchanged] + self[.paused] }
  /// Everything that differs or may differ and that this plan does not change: waiting, blocked, unknown,
  /// invalid, and drifted in mode `observe`.
  package var waiting: Int {
    self[.waiting] + self[.blocked] + self[.unknown] + self[.invalid] + self[.drifted]
  }
}

extension Plan {
  package var summary: PlanSummary { PlanSummary(resources) }
}
