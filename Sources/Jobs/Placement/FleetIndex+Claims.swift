extension FleetIndex {
  /// Takes what a dispatched attempt takes: a slot, cores and the memory of one GPU.
  /// - Returns: nil where it does not fit or the node is not known; nothing is taken then.
  package mutating func claim(_ id: Int64, _ needs: WorkNeeds) -> Claim? {
    guard let place = places[id], let claim = nodes[place].claim(needs) else { return nil }
    noteRoom(of: place)
    return claim
  }

  /// Gives back what a claim took. Of a node that is not known nothing is kept.
  package mutating func release(_ id: Int64, _ claim: Claim) {
    guard let place = places[id] else { return }
    nodes[place].release(claim)
    noteRoom(of: place)
  }

  private mutating func noteRoom(of place: Int) {
    latencies[place] = UInt32(Estimate.latency(of: nodes[place]))
    let room = NodeCapacity(nodes[place])
    for view in views.indices { views[view].note(room, at: place) }
  }
}
