package import Model

/// A change of manifests that keeps their meaning as far as possible, and what must be true afterwards.
package struct Refactoring: Sendable {
  package let before: DeclaredState
  package var after: DeclaredState
  /// What was changed, for people.
  package var descriptions: [String] = []
  /// The rules that a person may have to allow, because the change removes resources or replaces containers
  /// with volumes. Every other rule is a fault.
  package var mayAsk: Set<GuardRule> = []
  /// The resources whose data is lost on purpose; a person must be asked. Every other destructive step is a
  /// fault.
  package var destroys: Set<ResourceID> = []
  /// Nil where the change must take effect.
  package var refusal: Refusal?
  package var environmentChange: EnvironmentChange?

  package init(of state: DeclaredState) {
    before = state
    after = state
    for resource in state.all { after[resource.id]?.formerID = nil }
  }

  package enum EnvironmentChange: Sendable, Hashable {
    /// The environment goes on under this name, first only in the manifests, then in the state too.
    case rename(to: String)
    /// A second environment of this name declares the same.
    case copy(to: String)
  }
}

/// A change that a plan must refuse before anything is touched. There is no other reason to refuse a
/// refactoring.
package struct Refusal: Hashable, Sendable {
  package enum Reason: String, Sendable, CaseIterable {
    /// A `Database` declares another name: PostgreSQL could rename it, but the manifest may as well mean
    /// another database, and an empty one would take its place.
    case databaseDeclaresAnotherName
    /// The entries of a ledger are rows of its database, which no manifest moves.
    case ledgerInAnotherDatabase
    /// The jobs of a scheduler are rows of its database, which no manifest moves.
    case schedulerInAnotherDatabase
    /// What has a new name and shares nothing with the former one is another resource: the person is asked
    /// before the former one is destroyed.
    case renameWithoutFormerName
    /// The manifests name an environment that holds nothing of what they declare.
    case environmentWithAnotherName
    /// A second environment declares what the first one owns.
    case copiedEnvironment
  }

  package let reason: Reason
  /// The resources whose plans must show the refusal.
  package let resources: [ResourceID]

  package init(_ reason: Reason, _ resources: [ResourceID]) {
    self.reason = reason
    self.resources = resources
  }
}
