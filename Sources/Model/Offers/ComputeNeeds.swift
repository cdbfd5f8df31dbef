/// The requirements of a workload for a machine.
package struct ComputeNeeds: Hashable, Sendable {
  package var labels: [String: String]
  /// The nodes that may run it; empty for any.
  package var nodes: [ResourceID]
  /// Memory of one GPU.
  package var gpuMemory: ByteCount?
  package var cores: CoreCount?
  package var memory: ByteCount?
  /// Whether the machine's engine must run without root.
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

  /// Why a machine cannot run the workload, whether or not it is cordoned; nil when it can.
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

  /// Whether the workload may be placed on the machine now.
  package func isMet(by offer: ComputeOffer, of node: ResourceID) -> Bool {
    offer.isSchedulable && obstacle(on: node, offer) == nil
  }
}
