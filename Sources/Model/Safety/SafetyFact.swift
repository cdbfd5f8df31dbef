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

/// What a machine must have to run something.
package struct ComputeNeeds: Hashable, Sendable {
  package var labels: [String: String]
  /// Only these; empty: any.
  package var nodes: [ResourceID]
  /// Memory of one GPU.
  package var gpuMemory: ByteCount?
  package var cores: CoreCount?
  package var memory: ByteCount?
  /// Whether its engine must run without root.
  package var isRootless: Bool

  package init(
    labels: [String: String] = [:], nodes: [ResourceID] = [], gpuMemory: ByteCount? = nil,
    cores: CoreCount? = nil, memory: ByteCount? = nil, isRootless: Bool = false
  ) {
    self.labels = labels
    self.nodes = nodes
    self.gpuMemory = gpuMemory
    self.cores = cores
    self.memory = memory
    self.isRootless = isRootless
  }

  /// Why a machine cannot run it, whether or not it is cordoned; nil when it can.
  package func obstacle(on node: ResourceID, _ offer: ComputeOffer) -> String? {
    if !nodes.isEmpty, !nodes.contains(node) { return "is not named" }
    if offer.engine == nil { return "is behind a relay" }
    if isRootless, !offer.isRootless { return "runs as root" }
    for (label, value) in labels.sorted(by: { $0.key < $1.key }) where offer.labels[label] != value {
      return "has " + (offer.labels[label].map { "\(label)=\($0)" } ?? "no label \(label)")
    }
    if let needed = gpuMemory {
      guard let memory = offer.gpuMemory else { return "has no GPU" }
      if memory < needed { return "has \(memory) of GPU memory" }
    }
    if let needed = cores, CoreCount(cores: offer.cores) < needed { return "has \(offer.cores) cores" }
    if let needed = memory, offer.memory < needed { return "has \(offer.memory) of memory" }
    return nil
  }

  /// Whether new work of this sort may be placed there.
  package func isMet(by offer: ComputeOffer, of node: ResourceID) -> Bool {
    offer.isSchedulable && obstacle(on: node, offer) == nil
  }
}
