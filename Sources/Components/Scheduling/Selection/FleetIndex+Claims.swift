extension FleetIndex {
  /// What a claim took beside a slot and cores.
  package struct Claim: Hashable, Sendable {
    /// The GPU whose memory it took, from 0; nil: none.
    package let gpu: Int?
  }

  /// Takes a slot, cores and the memory of one GPU as a dispatched attempt does: of the GPUs with room the one with least,
  /// then the first.
  /// - Returns: nil where it does not fit or the node is not known; nothing is taken then.
  package mutating func claim(_ id: Int64, _ needs: WorkNeeds) -> Claim? {
    guard let place = places[id],
      NodeRoom(nodes[place]).takes(cores: needs.cores, gpuMemory: needs.gpuMemory)
    else { return nil }
    var gpu: Int?
    if needs.gpuMemory > 0 {
      gpu = nodes[place].tightestGPU(for: needs.gpuMemory)
      guard let gpu else { return nil }
      nodes[place].gpuUsed[gpu] += needs.gpuMemory
    }
    nodes[place].slotsUsed += 1
    nodes[place].coresUsed += needs.cores
    noteRoom(of: place)
    return Claim(gpu: gpu)
  }

  /// Gives back what a claim took. Nothing falls below 0, and of a node that is not known nothing is kept.
  package mutating func release(_ id: Int64, _ needs: WorkNeeds, gpu: Int?) {
    guard let place = places[id] else { return }
    nodes[place].slotsUsed = max(0, nodes[place].slotsUsed - 1)
    nodes[place].coresUsed = max(0, nodes[place].coresUsed - needs.cores)
    if let gpu, nodes[place].gpuUsed.indices.contains(gpu) {
      nodes[place].gpuUsed[gpu] = max(0, nodes[place].gpuUsed[gpu] - needs.gpuMemory)
    }
    noteRoom(of: place)
  }

  private mutating func noteRoom(of place: Int) {
    latencies[place] = UInt32(Estimate.latency(of: nodes[place]))
    let room = NodeRoom(nodes[place])
    for view in views.indices { views[view].note(room, at: place) }
  }
}

extension FleetNode {
  fileprivate func tightestGPU(for memory: Int64) -> Int? {
    gpuUsed.indices.filter { gpuMemory - gpuUsed[$0] >= memory }
      .max { (gpuUsed[$0], $1) < (gpuUsed[$1], $0) }
  }
}
