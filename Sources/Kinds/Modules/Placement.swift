internal import ContainerSupport
internal import Manifests
internal import Model

/// Decides which nodes a module's containers are on. Pure.
///
/// What is placed stays while its node can still do the work, even when it was cordoned. What is not placed goes to
/// the schedulable node with the fewest containers of the module, then by name. Several containers may share a node.
struct Placement {
  let spec: ModuleSpec
  let offers: Offers

  /// Nodes that have what the module needs, cordoned ones too.
  var capable: [ResourceID: ComputeOffer] {
    offers.compute.filter { obstacle($0.key, $0.value) == nil }
  }

  /// Nodes by replica; a replica that fits nowhere is missing.
  /// - Parameter found: the module's containers, wherever they are.
  func assign(_ found: [ContainerObservation]) -> [Int: ResourceID] {
    let capable = capable.filter { !offers.leaving.contains($0.key) }
    var nodes: [Int: ResourceID] = [:]
    var counts = capable.mapValues { _ in 0 }
    for replica in 0..<spec.placement.replicas {
      guard let node = home(of: replica, among: found, capable) else { continue }
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

  /// The node that a replica is on already; healthy containers speak first, then by name.
  private func home(
    of replica: Int, among found: [ContainerObservation], _ capable: [ResourceID: ComputeOffer]
  ) -> ResourceID? {
    let placed = found.filter { container in
      guard container.labels.replica == replica, let node = container.labels.node else { return false }
      return capable[node]?.engine == container.engine
    }
    return placed.min { ($0.isHealthy ? 0 : 1, $0.name) < ($1.isHealthy ? 0 : 1, $1.name) }?.labels.node
  }

  /// What is missing, and why no node has it: `a schedulable node with 12Gi of GPU memory; Node/a is cordoned`.
  var lack: String {
    let reasons = offers.compute.keys.sorted().compactMap { node -> String? in
      guard let offer = offers.compute[node] else { return nil }
      let isLeaving = offers.leaving.contains(node)
      let state = isLeaving ? "leaves" : offer.isSchedulable ? nil : "is cordoned"
      return (obstacle(node, offer) ?? state).map { "\(node) \($0)" }
    }
    let shown = reasons.prefix(Self.reasonsShown).joined(separator: ", ")
    let rest = reasons.count > Self.reasonsShown ? " and \(reasons.count - Self.reasonsShown) more" : ""
    return "a schedulable node\(wish)" + (reasons.isEmpty ? "; there is none yet" : "; \(shown)\(rest)")
  }

  private static let reasonsShown = 5

  private var wish: String {
    var wishes: [String] = []
    if let memory = spec.needs.gpuMemory { wishes.append("\(memory) of GPU memory") }
    if let cores = spec.needs.cores { wishes.append("\(cores) cores") }
    if let memory = spec.needs.memory { wishes.append("\(memory) of memory") }
    if !spec.placement.on.isEmpty {
      wishes.append(
        "labels " + spec.placement.on.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ","))
    }
    let among =
      spec.placement.nodes.isEmpty
      ? "" : " among \(spec.placement.nodes.map(\.description).joined(separator: ", "))"
    guard let last = wishes.popLast() else { return among }
    return among + " with " + (wishes.isEmpty ? last : wishes.joined(separator: ", ") + " and " + last)
  }

  private func obstacle(_ node: ResourceID, _ offer: ComputeOffer) -> String? {
    spec.computeNeeds.obstacle(on: node, offer)
  }
}
