internal import JobModel
internal import Model

extension WorkNeeds {
  /// The first filter that removes the node whatever happens on it, nil where it passes. The filters that
  /// change with jobs and heartbeats (cordoned, offline, avoided, busy) apply after these.
  func staticFilter(_ node: borrowing FleetNode) -> PlacementDecision.Filter? {
    if node.isOverflow != isOverflow { return .pool }
    if node.jobTypes?.contains(jobType) == false { return .jobType }
    switch compute.missing(on: node.capabilities) {
    case .name: return .nodes
    case .labels: return .labels
    case .sandbox: return .sandbox
    case .memory: return .memory
    case .gpuMemory: return .gpuMemory
    case .cores: return .cores
    case nil: break
    }
    if !node.canPull && !node.images.contains(image) { return .image }
    return nil
  }
}

extension FleetNode {
  var capabilities: NodeCapabilities {
    NodeCapabilities(
      name: name, labels: labels, isRootless: isRootless, memory: ByteCount(bytes: memory),
      gpuMemory: gpuUsed.isEmpty ? nil : ByteCount(bytes: gpuMemory), cores: CoreCount(thousandths: cores))
  }

  /// Whether every static filter treats both nodes alike.
  func passesLike(_ other: FleetNode) -> Bool {
    capabilities == other.capabilities && isOverflow == other.isOverflow && canPull == other.canPull
      && jobTypes == other.jobTypes && images == other.images
  }
}
