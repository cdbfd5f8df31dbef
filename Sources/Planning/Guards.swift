import Model

/// Why a guard holds steps back, and how a person who means it allows them.
package struct GuardFinding: Hashable, Sendable, CustomStringConvertible {
  package enum Rule: String, Sendable, Codable, CaseIterable {
    case prune = "the prune guard"
  }

  package let rule: Rule
  /// What was found, with the numbers: `7 of 12 resources (58 %) would be deleted, more than 30 %`.
  package let reason: String
  /// What to do: `allow it with --allow-prune`.
  package let howToAllow: String

  package init(_ rule: Rule, _ reason: String, howToAllow: String) {
    self.rule = rule
    self.reason = reason
    self.howToAllow = howToAllow
  }

  package var description: String { "\(rule.rawValue): \(reason); \(howToAllow)" }
}

/// The rules that may hold back what planners decided. Each is a pure function in a file of its own.
enum Guards {
  /// What forbids the deletions of this plan; nil when they may run.
  static func holdingDeletions(_ request: PlanRequest) -> GuardFinding? {
    PruneGuard.finding(request)
  }
}
