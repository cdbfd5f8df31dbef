/// Facts about a resource, beside its steps, that guards evaluate. Kinds provide facts; the guards know no
/// kinds.
package enum SafetyFact: Hashable, Sendable {
  /// The approvals that the environment requires before something is destroyed, as last applied and as
  /// declared; nil for none.
  case approvals(before: ApprovalRequirement?, after: ApprovalRequirement?)
  /// The steps put the data in these volumes at risk; sorted.
  case risksData(volumes: [String])
  /// The newest state of a resource that could be restored.
  case backup(BackupFact)
  /// What a machine offers, as last applied and as declared; nil for nothing.
  case compute(before: ComputeOffer?, after: ComputeOffer?)
  /// The resource needs at least one schedulable machine that meets this.
  case needsCompute(ComputeNeeds)
  /// The newest migration that a database has, and the newest that is declared.
  case schema(applied: Int, declared: Int)
  /// A database does not exist or has no tables, so that nothing of what was built on it is left.
  case emptyDatabase
  /// The ledger that the resource had is not where it was.
  case missingLedger(MissingLedger)
}

/// The number of people who must approve, and who they are.
package struct ApprovalRequirement: Hashable, Sendable {
  package let count: Int
  /// `account/name` or `role/name`; empty for every user. Roles have no members yet, so a role accepts every
  /// user who can open the state.
  package let from: [String]

  package init(count: Int, from: [String]) {
    self.count = count
    self.from = from
  }

  package func accepts(_ user: String) -> Bool {
    from.isEmpty || from.contains("account/\(user)") || from.contains { !$0.hasPrefix("account/") }
  }

  /// Whether this requires less than `other`: fewer people, or additional people who may approve.
  package func isLooser(than other: ApprovalRequirement) -> Bool {
    count < other.count || !Set(from).isSubset(of: other.from) || (from.isEmpty && !other.from.isEmpty)
  }
}

/// The age of the backup of a resource.
package struct BackupFact: Hashable, Sendable {
  /// The resource that is backed up.
  package let of: ResourceID
  /// The newest moment that can be restored; nil when there is none or it is not known.
  package let restorable: Timestamp?
  /// The maximum age of the newest restorable moment.
  package let limit: TimeSpan

  package init(of: ResourceID, restorable: Timestamp?, limit: TimeSpan) {
    self.of = of
    self.restorable = restorable
    self.limit = limit
  }
}
