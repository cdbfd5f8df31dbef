/// A safety rule, by the word that people allow it with and programs know it by.
package enum GuardRule: String, Sendable, Codable, CaseIterable {
  /// More than a share of what exists would be deleted.
  case prune
  /// A step destroys what only a backup can bring back, where the environment asks for approvals.
  case destructive
  /// A service with volumes would be made anew without a fresh backup of them.
  case statefulReplace = "stateful-replace"
  /// The last node that can run a module would go, be cordoned or change.
  case lastNode = "last-node"
  /// A database has a newer schema than its manifest declares.
  case schemaDowngrade = "schema-downgrade"

  /// Whether `--allow` takes it. What destroys is approved by the digest of exactly that plan.
  package var isAllowedByName: Bool { self != .destructive }
}

/// What a rule found, with its data. Rendered to text by `Planning`.
package enum GuardReason: Hashable, Sendable {
  /// The manifests are empty.
  case prunesEverything(existing: Int)
  case prunesMany(leaving: Int, existing: Int, allowedPercent: Int)
  case unapproved(UnapprovedDestruction)
  /// `backup`: what there is of one.
  case unbackedReplacement(volumes: [String], backup: BackupGap)
  /// `modules`: sorted; none of them would have a node left.
  case lastNode(modules: [ResourceID], loss: NodeLoss)
  case schemaDowngrade(applied: Int, declared: Int)
  /// Another process found it, and this is what it told.
  case told(RemoteReason)

  package var rule: GuardRule {
    switch self {
    case .prunesEverything, .prunesMany: .prune
    case .unapproved: .destructive
    case .unbackedReplacement: .statefulReplace
    case .lastNode: .lastNode
    case .schemaDowngrade: .schemaDowngrade
    case .told(let reason): reason.rule
    }
  }
}

/// A finding of another process, in its words.
package struct RemoteReason: Hashable, Sendable {
  package let rule: GuardRule
  /// What was found.
  package let text: String
  package let howToAllow: String
  /// The option that allows exactly this.
  package let flag: String

  package init(rule: GuardRule, text: String, howToAllow: String, flag: String) {
    self.rule = rule
    self.text = text
    self.howToAllow = howToAllow
    self.flag = flag
  }
}

/// Destructive steps of a plan and what is missing of their approval.
package struct UnapprovedDestruction: Hashable, Sendable {
  package let environment: String
  /// How many steps of the whole plan need approval.
  package let steps: Int
  /// Whether the manifests would ask for less approval than before, which needs approval too.
  package let loosens: Bool
  /// Of whom it was approved so far, as far as they may approve; sorted.
  package let approvers: [String]
  package let needed: Int
  /// Names exactly these steps under these manifests; nil where only a part of the plan was made, as in the loop.
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

/// Why a backup does not do.
package enum BackupGap: Hashable, Sendable {
  /// No policy covers it.
  case uncovered
  /// The policy has nothing yet that could be restored.
  case nothingRestorable(policy: ResourceID)
  case tooOld(policy: ResourceID, age: TimeSpan, limit: TimeSpan)
}

/// How a node stops being one that new work can come to.
package enum NodeLoss: String, Hashable, Sendable, Codable {
  case leaves, cordoned, changes
}

/// One rule that holds the steps of one resource, or would if a person had not allowed it.
package struct GuardFinding: Hashable, Sendable {
  package let resource: ResourceID
  package let reason: GuardReason

  package init(_ resource: ResourceID, _ reason: GuardReason) {
    self.resource = resource
    self.reason = reason
  }

  package var rule: GuardRule { reason.rule }
}
