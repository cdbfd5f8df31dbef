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
package enum MissingCapability: Hashable, Sendable, CaseIterable {
  /// The work runs on other nodes only.
  case name
  case labels
  /// The work needs an engine that runs without root.
  case sandbox
  case memory, gpuMemory, cores
}

extension ComputeNeeds {
  /// Whether the node cannot satisfy this need. Modules and the scheduler place work by this rule; they
  /// differ in the need that they report first.
  package func lacks(_ capability: MissingCapability, _ node: NodeCapabilities) -> Bool {
    switch capability {
    case .name: !nodes.isEmpty && !nodes.contains { $0.name == node.name }
    case .labels: labels.contains { node.labels[$0.key] != $0.value }
    case .sandbox: isRootless && !node.isRootless
    case .memory: memory.map { node.memory < $0 } ?? false
    case .gpuMemory: gpuMemory.map { needed in node.gpuMemory.map { $0 < needed } ?? true } ?? false
    case .cores: cores.map { node.cores < $0 } ?? false
    }
  }

  private static let inOrder = MissingCapability.allCases

  /// The first capability, in the order of the cases, that the node lacks; nil: it can run the work.
  package func missing(on node: NodeCapabilities) -> MissingCapability? {
    Self.inOrder.first { lacks($0, node) }
  }
}

/// Placing containers, which the controller does itself: it must reach the node's engine.
extension ComputeNeeds {
  /// Why the node cannot run the work, as the end of a sentence about the node; nil: it can. A cordoned node
  /// can.
  package func obstacle(on node: ResourceID, _ offer: ComputeOffer) -> String? {
    let capabilities = offer.capabilities(of: node)
    if lacks(.name, capabilities) { return "is not named" }
    if offer.engine == nil { return "is behind a relay" }
    switch Self.reported.first(where: { lacks($0, capabilities) }) {
    case .labels:
      let wrong = labels.sorted { $0.key < $1.key }.first { offer.labels[$0.key] != $0.value }
      return wrong.map { label, _ in
        "has " + (offer.labels[label].map { "\(label)=\($0)" } ?? "no label \(label)")
      }
    case .sandbox: return "runs as root"
    case .memory: return "has \(offer.memory) of memory"
    case .gpuMemory: return offer.gpuMemory.map { "has \($0) of GPU memory" } ?? "has no GPU"
    case .cores: return "has \(offer.cores) cores"
    case .name, nil: return nil
    }
  }

  private static let reported: [MissingCapability] = [.sandbox, .labels, .gpuMemory, .cores, .memory]

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
