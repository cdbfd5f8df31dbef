extension FleetIndex {
  /// Takes what an attempt uses: a slot, cores and the memory of one GPU.
  /// - Returns: nil where the free capacity is too small or the node is unknown; then nothing changes.
  package mutating func claim(_ id: Int64, _ needs: WorkNeeds) -> Claim? {
    guard let index = indices[id], let claim = nodes[index].claim(needs) else { return nil }
    updateCapacity(at: index)
    return claim
  }

  /// Reverses a claim. An unknown id has no effect.
  package mutating func release(_ id: Int64, _ claim: Claim) {
    guard let index = indices[id] else { return }
    nodes[index].release(claim)
    updateCapacity(at: index)
  }

  private mutating func updateCapacity(at index: Int) {
    latencies[index] = UInt32(Estimate.latency(of: nodes[index]))
    let capacity = FreeCapacity(nodes[index])
    for kept in feasible.indices { feasible[kept].update(capacity, at: index) }
  }
}
