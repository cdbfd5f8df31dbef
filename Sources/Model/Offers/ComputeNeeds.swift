/// What work needs of a node, whatever else runs there at the moment.
package struct ComputeNeeds: Hashable, Sendable, Codable {
  package var labels: [String: String]
  /// The work runs on these nodes only; empty: on any.
  package var nodes: [ResourceID]
  /// Memory of one GPU; nil: the work uses no GPU.
  package var gpuMemory: ByteCount?
  package var cores: CoreCount?
  package var memory: ByteCount?
  /// Whether the node's engine must run without root.
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
}

/// What a node can run, whatever runs there at the moment.
package struct NodeCapabilities: Hashable, Sendable {
  package let name: String
  package let labels: [String: String]
  /// Whether its engine runs without root.
  package let isRootless: Bool
  package let memory: ByteCount
  /// Memory of one GPU; nil: the node has no GPU.
  package let gpuMemory: ByteCount?
  package let cores: CoreCount

  package init(
    name: String, labels: [String: String], isRootless: Bool, memory: ByteCount, gpuMemory: ByteCount?,
    cores: CoreCount
  ) {
    self.name = name
    self.labels = labels
    self.isRootless = isRootless
    self.memory = memory
    self.gpuMemory = gpuMemory
    self.cores = cores
  }
}

/// A reason why a node cannot run some work.
package enum MissingCapability: Hashable, Sendable {
  /// The work runs on other nodes only.
  case name
  case labels
  /// The work needs an engine that runs without root.
  case sandbox
  case memory, gpuMemory, cores
}

extension ComputeNeeds {
  /// The first capability, in the order of the cases, that the node lacks; nil: it can run the work. Modules
  /// and the scheduler place work by this rule.
  package func missing(on node: NodeCapabilities) -> MissingCapability? {
    if !nodes.isEmpty, !nodes.contains(where: { $0.name == node.name }) { return .name }
    for (label, value) in labels where node.labels[label] != value { return .labels }
    if isRootless, !node.isRootless { return .sandbox }
    if let memory, node.memory < memory { return .memory }
    if let gpuMemory {
      guard let offered = node.gpuMemory, offered >= gpuMemory else { return .gpuMemory }
    }
    if let cores, node.cores < cores { return .cores }
    return nil
  }
}

/// Placing containers, which the controller does itself: it must reach the node's engine.
extension ComputeNeeds {
  /// Why the node cannot run the work, as the end of a sentence about the node; nil: it can. A cordoned node
  /// can.
  package func obstacle(on node: ResourceID, _ offer: ComputeOffer) -> String? {
    let missing = missing(on: offer.capabilities(of: node))
    if missing == .name { return "is not named" }
    if offer.engine == nil { return "is behind a relay" }
    switch missing {
    case .labels:
      let wrong = labels.sorted { $0.key < $1.key }.first { offer.labels[$0.key] != $0.value }
      guard let label = wrong?.key else { return "lacks a label" }
      return "has " + (offer.labels[label].map { "\(label)=\($0)" } ?? "no label \(label)")
    case .sandbox: return "runs as root"
    case .memory: return "has \(offer.memory) of memory"
    case .gpuMemory: return offer.gpuMemory.map { "has \($0) of GPU memory" } ?? "has no GPU"
    case .cores: return "has \(offer.cores) cores"
    case .name, nil: return nil
    }
  }

  /// Whether new work of this kind may be placed on the node.
  package func isMet(by offer: ComputeOffer, of node: ResourceID) -> Bool {
    offer.isSchedulable && obstacle(on: node, offer) == nil
  }
}

extension ComputeOffer {
  package func capabilities(of node: ResourceID) -> NodeCapabilities {
    NodeCapabilities(
      name: node.name, labels: labels, isRootless: isRootless, memory: memory, gpuMemory: gpuMemory,
      cores: CoreCount(cores: cores))
  }
}
