/// Guards that a person overrides explicitly. Manifests cannot contain them: an author of manifests could
/// then disable the guards, and a mistake would bring its own permission.
package struct Allowances: Hashable, Sendable {
  /// Overrides by rule, each for one resource or for all.
  package var granted: Set<Allowance>
  package var approval: Approval?

  package init(_ granted: Set<Allowance> = [], approval: Approval? = nil) {
    self.granted = granted
    self.approval = approval
  }

  /// - Parameter prune: `--allow-prune`: any number of deletions.
  package init(prune: Bool) { self.init(prune ? [Allowance(.prune)] : []) }

  package var prune: Bool {
    get { granted.contains(Allowance(.prune)) }
    set {
      if newValue { granted.insert(Allowance(.prune)) } else { granted.remove(Allowance(.prune)) }
    }
  }

  package func allows(_ rule: GuardRule, for id: ResourceID) -> Bool {
    granted.contains(Allowance(rule)) || granted.contains(Allowance(rule, id))
  }
}

/// `RULE` or `RULE=Kind/name`.
package struct Allowance: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rule: GuardRule
  /// Nil for every resource that the rule blocks.
  package let resource: ResourceID?

  package init(_ rule: GuardRule, _ resource: ResourceID? = nil) {
    self.rule = rule
    self.resource = resource
  }

  /// Nil for unknown rules, for rules that are not allowed by name, and for an invalid `Kind/name`.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let rule = GuardRule(rawValue: String(parts[0])), rule.isAllowedByName else { return nil }
    self.rule = rule
    guard parts.count == 2 else {
      resource = nil
      return
    }
    guard let id = ResourceID(parts[1]) else { return nil }
    resource = id
  }

  package var description: String { rule.rawValue + (resource.map { "=\($0)" } ?? "") }

  package static func < (a: Allowance, b: Allowance) -> Bool { a.description < b.description }
}

/// The approval of exactly these destructive steps.
package struct Approval: Hashable, Sendable {
  /// Digest of environment, manifests and `steps`, which a person names to approve.
  package let plan: Digest
  /// Names of the users who approved; sorted.
  package let approvers: [String]
  /// Digest of the approved steps of each resource.
  package let steps: [ResourceID: Digest]

  package init(plan: Digest, approvers: some Sequence<String>, steps: [ResourceID: Digest]) {
    self.plan = plan
    self.approvers = Set(approvers).sorted()
    self.steps = steps
  }

  /// The approval with the approvers of an earlier approval of the same plan.
  package func joining(_ earlier: Approval?) -> Approval {
    guard let earlier, earlier.plan == plan else { return self }
    return Approval(plan: plan, approvers: approvers + earlier.approvers, steps: steps)
  }
}
