internal import ContainerSupport
internal import Manifests
internal import Model

/// Assigns the replicas of a module to nodes. Pure.
///
/// A placed replica stays while its node meets the requirements, even on a cordoned node. A new replica goes
/// to the schedulable node with the fewest replicas of the module, then by name. Several replicas may share a
/// node.
struct Placement {
  let spec: ModuleSpec
  let offers: Offers

  /// The nodes that meet the requirements, including cordoned ones.
  var capable: [ResourceID: ComputeOffer] {
    offers.compute.filter { obstacle($0.key, $0.value) == nil }
  }

  /// Nodes by replica. A replica without a suitable node is missing.
  /// - Parameter found: the module's containers on all engines.
  func assign(_ found: [ContainerObservation]) -> [Int: ResourceID] {
    let capable = capable.filter { !offers.leaving.contains($0.key) }
    var nodes: [Int: ResourceID] = [:]
    var counts = capable.mapValues { _ in 0 }
    for replica in 0..<spec.placement.replicas {
      guard let node = currentNode(of: replica, among: found, capable) else { continue }
      nodes[replica] = node
      counts[node, default: 0] += 1
    }
    let open = capable.filter(\.value.isSchedulable).keys.sorted()
    for replica in 0..<spec.placement.replicas where nodes[replica] == nil {
      guard let node = open.min(by: { (counts[$0]!, $0) < (counts[$1]!, $1) }) else { break }
      nodes[replica] = node
      counts[node, default: 0] += 1
    }
    return nodes
  }

  /// The node that already runs a replica: that of a healthy container first, then by name.
  private func currentNode(
    of replica: Int, among found: [ContainerObservation], _ capable: [ResourceID: ComputeOffer]
  ) -> ResourceID? {
    let placed = found.filter { container in
      guard container.labels.replica == replica, let node = container.labels.node else { return false }
      return capable[node]?.engine == container.engine
    }
    return placed.min { ($0.isHealthy ? 0 : 1, $0.name) < ($1.isHealthy ? 0 : 1, $1.name) }?.labels.node
  }

  /// The missing node and why no existing one is suitable:
  /// `a schedulable node with 12Gi of GPU memory; Node/a is cordoned`.
  var missingNode: String {
    let reasons = reasons
    let shown = reasons.prefix(Self.maxReasons).map { "\($0.node) \($0.reason)" }.joined(separator: ", ")
    let rest = reasons.count > Self.maxReasons ? " and \(reasons.count - Self.maxReasons) more" : ""
    return "a schedulable node\(requirement)"
      + (reasons.isEmpty ? "; there is none yet" : "; \(shown)\(rest)")
  }

  /// The nodes that `missingNode` names.
  var unsuitableNodes: [ResourceID] {
    spec.placement.nodes.map(\.id) + reasons.prefix(Self.maxReasons).map(\.node)
  }

  /// Why each node that cannot take a replica cannot, by name.
  private var reasons: [(node: ResourceID, reason: String)] {
    offers.compute.keys.sorted().compactMap { node in
      guard let offer = offers.compute[node] else { return nil }
      let isLeaving = offers.leaving.contains(node)
      let state = isLeaving ? "leaves" : offer.isSchedulable ? nil : "is cordoned"
      return (obstacle(node, offer) ?? state).map { (node, $0) }
    }
  }

  private static let maxReasons = 5

  private var requirement: String {
    var requirements: [String] = []
    if let memory = spec.needs.gpuMemory { requirements.append("\(memory) of GPU memory") }
    if let cores = spec.needs.cores { requirements.append("\(cores) cores") }
    if let memory = spec.needs.memory { requirements.append("\(memory) of memory") }
    if !spec.placement.on.isEmpty {
      requirements.append(
        "labels " + spec.placement.on.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ","))
    }
    let among =
      spec.placement.nodes.isEmpty
      ? "" : " among \(spec.placement.nodes.map(\.description).joined(separator: ", "))"
    guard let last = requirements.popLast() else { return among }
    let others = requirements.isEmpty ? "" : requirements.joined(separator: ", ") + " and "
    return "\(among) with \(others)\(last)"
  }

  private func obstacle(_ node: ResourceID, _ offer: ComputeOffer) -> String? {
    spec.computeNeeds.obstacle(on: node, offer)
  }
}
