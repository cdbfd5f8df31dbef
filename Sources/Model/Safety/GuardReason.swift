/// What a rule found, with its data. `Planning` renders it to text.
package enum GuardReason: Hashable, Sendable {
  /// The manifests are empty.
  case prunesEverything(existing: Int)
  case prunesMany(leaving: Int, existing: Int, allowedPercent: Int)
  case unapproved(UnapprovedDestruction)
  /// `backup` says why no backup is sufficient.
  case unbackedReplacement(volumes: [String], backup: BackupGap)
  /// `modules` are those that no node could run any more; sorted.
  case lastNode(modules: [ResourceID], loss: CapacityLoss)
  case schemaDowngrade(applied: Int, declared: Int)
  case booksMissing(MissingLedger)
  /// The thing that `field` declares has another owner.
  case owned(OwnershipConflict, field: String)
  /// A finding that another process reported.
  case remote(RemoteReason)

  package var rule: GuardRule {
    switch self {
    case .prunesEverything, .prunesMany: .prune
    case .unapproved: .destructive
    case .unbackedReplacement: .statefulReplace
    case .lastNode: .lastNode
    case .schemaDowngrade: .schemaDowngrade
    case .booksMissing: .booksMissing
    case .owned: .ownership
    case .remote(let reason): reason.rule
    }
  }
}

/// A finding of another process, as the text that it reported.
package struct RemoteReason: Hashable, Sendable {
  package let rule: GuardRule
  /// What was found.
  package let text: String
  package let howToAllow: String
  /// The option that allows exactly this finding.
  package let flag: String

  package init(rule: GuardRule, text: String, howToAllow: String, flag: String) {
    self.rule = rule
    self.text = text
    self.howToAllow = howToAllow
    self.flag = flag
  }
}

/// Destructive steps of a plan, and the approval that they still need.
package struct UnapprovedDestruction: Hashable, Sendable {
  package let environment: String
  /// How many steps of the whole plan need approval.
  package let steps: Int
  /// Whether the manifests require less approval than before, which needs approval too.
  package let loosens: Bool
  /// The users who approved so far and who may approve; sorted.
  package let approvers: [String]
  package let needed: Int
  /// Identifies exactly these steps under these manifests. Nil when only a part of the plan was made, as in
  /// the loop.
  package let plan: Digest?

  package init(
    environment: String, steps: Int, loosens: Bool, approvers: [String], needed: Int, plan: Digest?
  ) {
    self.environment = environment
    self.steps = steps
    self.loosens = loosens
    self.approvers = approvers
    self.needed = needed
    self.plan = plan
  }
}

/// Why there is no sufficient backup.
package enum BackupGap: Hashable, Sendable {
  /// No policy covers it.
  case uncovered
  /// The policy has no backup yet that could be restored.
  case nothingRestorable(policy: ResourceID)
  case tooOld(policy: ResourceID, age: TimeSpan, limit: TimeSpan)
}

/// How a node loses its capacity for new work.
package enum CapacityLoss: String, Hashable, Sendable, Codable {
  case leaves, cordoned, changes
}
