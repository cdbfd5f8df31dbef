internal import JobModel

extension WorkNeeds {
  /// The first filter that removes a node whatever happens on it, nil where it passes them. What changes with every job and
  /// heartbeat (cordoned, offline, avoided, busy) is asked after these.
  func standingFilter(_ node: borrowing FleetNode) -> PlacementDecision.Filter? {
    if node.isOverflow != isOverflow { return .pool }
    if node.jobTypes?.contains(jobType) == false { return .jobType }
    if !nodes.isEmpty && !nodes.contains(node.name) { return .nodes }
    for (key, value) in labels where node.labels[key] != value { return .labels }
    if isRootless && !node.isRootless { return .sandbox }
    if node.memory < memory { return .memory }
    if gpuMemory > 0 && (node.gpuUsed.isEmpty || node.gpuMemory < gpuMemory) { return .gpuMemory }
    if node.cores < cores { return .cores }
    if !node.canPull && !node.images.contains(image) { return .image }
    return nil
  }
}
