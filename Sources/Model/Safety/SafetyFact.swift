/// What a resource tells the guards beside its steps. Kinds give facts; the guards know no kinds.
package enum SafetyFact: Hashable, Sendable {
  /// What the environment asks for before something is destroyed, as last applied and as declared; nil: nothing.
  case approvals(before: ApprovalRequirement?, after: ApprovalRequirement?)
  /// The steps put data at risk that is kept in these volumes; sorted.
  case risksData(volumes: [String])
  /// What could be restored of a resource.
  case backup(BackupFact)
  /// What a machine offers, as last applied and as declared; nil: it offers nothing.
  case compute(before: ComputeOffer?, after: ComputeOffer?)
  /// It needs at least one schedulable machine like this.
  case needsCompute(ComputeNeeds)
  /// The newest migration that a database has, and the newest that is declared.
  case schema(applied: Int, declared: Int)
}

/// People who must agree.
package struct ApprovalRequirement: Hashable, Sendable {
  package let count: Int
  /// `account/name` or `role/name`. Roles are known to nobody here yet, so one of them lets everybody approve who can
  /// open the state.
  package let from: [String]

  package init(count: Int, from: [String]) {
    self.count = count
    self.from = from
  }

  package func accepts(_ user: String) -> Bool {
    from.isEmpty || from.contains("account/\(user)") || from.contains { !$0.hasPrefix("account/") }
  }

  /// Whether this asks for less than `other`: fewer people, or other people too.
  package func isLooser(than other: ApprovalRequirement) -> Bool {
    count < other.count || !Set(from).isSubset(of: other.from) || (from.isEmpty && !other.from.isEmpty)
  }
}

/// How fresh the backup of a resource is.
package struct BackupFact: Hashable, Sendable {
  /// What is backed up.
  package let of: ResourceID
  /// The newest moment that can be restored; nil where nothing can, or nobody knows.
  package let restorable: Timestamp?
  /// The newest restorable moment may be so old.
  package let limit: TimeSpan

  package init(of: ResourceID, restorable: Timestamp?, limit: TimeSpan) {
    self.of = of
    self.restorable = restorable
    self.limit = limit
  }
}
