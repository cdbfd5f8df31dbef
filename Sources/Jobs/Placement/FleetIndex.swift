package import Model

/// The whole fleet, arranged so that a selection touches only what it must: an array for each figure that
/// nodes are compared by, and bit sets for the filters. Nodes are updated one by one, by heartbeats and
/// claims; a selection rebuilds nothing.
///
/// A value that is changed in place. It reads no clock and performs no I/O.
package struct FleetIndex: Sendable {
  /// The maximum number of different needs whose feasible nodes are kept; the ones unused for longest are
  /// replaced. Those of 100,000 nodes take 150 kB.
  package static let feasibleLimit = 128

  // A node has the same index in all arrays and sets until it is removed; then the index is free.
  var nodes: [FleetNode] = []
  var indices: [Int64: Int] = [:]
  private var indicesByName: [String: Int] = [:]
  private var free: [Int] = []

  /// Microseconds, without the start of a cold image.
  var latencies: [UInt32] = []
  var nameKeys: [NameKey] = []
  var cordoned = BitSet()
  var liveness = NodeLiveness()
  var earnings = NodeEarnings()
  var feasible: [FeasibleNodes] = []
  private var feasibleIndices: [WorkNeeds: Int] = [:]
  private var selections: UInt64 = 0
  var frontier = ParetoFrontier()

  package init() {}

  package var count: Int { indices.count }

  package subscript(id: Int64) -> FleetNode? { indices[id].map { nodes[$0] } }

  package func node(named name: String) -> FleetNode? { indicesByName[name].map { nodes[$0] } }

  /// Inserts the node, or replaces the one with its id.
  package mutating func update(_ node: FleetNode) {
    let index: Int
    var isFiltered = false
    if let known = indices[node.id] {
      index = known
      isFiltered = nodes[index].passesLike(node)
      if nodes[index].name != node.name { removeName(at: index) }
    } else {
      index = free.popLast() ?? append(node)
      indices[node.id] = index
    }
    indicesByName[node.name] = index
    nameKeys[index] = NameKey(node.name)
    cordoned.set(index, node.isCordoned)
    nodes[index] = node
    latencies[index] = UInt32(Estimate.latency(of: node))
    liveness.recordHeartbeat(of: index, at: node.lastHeartbeatAt)
    earnings.set(Estimate.rate(of: node), at: index)
    let capacity = FreeCapacity(node)
    for kept in feasible.indices {
      if isFiltered {
        feasible[kept].update(capacity, at: index)
      } else {
        feasible[kept].update(node, at: index)
      }
    }
  }

  /// An unknown id has no effect.
  package mutating func remove(_ id: Int64) {
    guard let index = indices.removeValue(forKey: id) else { return }
    removeName(at: index)
    nodes[index] = FleetNode(id: 0, name: "", cores: 0, slots: 0, memory: 0)
    liveness.recordHeartbeat(of: index, at: nil)
    earnings.set(0, at: index)
    for kept in feasible.indices { feasible[kept].remove(index) }
    free.append(index)
  }

  /// An unknown id has no effect.
  package mutating func recordHeartbeat(of id: Int64, at time: Timestamp, roundTripMicroseconds: Int64) {
    guard let index = indices[id] else { return }
    nodes[index].lastHeartbeatAt = time
    nodes[index].roundTripMicroseconds = roundTripMicroseconds
    latencies[index] = UInt32(Estimate.latency(of: nodes[index]))
    liveness.recordHeartbeat(of: index, at: time)
  }

  /// The index in `feasible` of the nodes for jobs with these needs, apart from `avoided` and `draining`;
  /// built where it is not kept yet.
  mutating func feasibleIndex(for needs: WorkNeeds) -> Int {
    var needs = needs
    if !needs.avoided.isEmpty { needs.avoided = [] }
    if !needs.draining.isEmpty { needs.draining = [] }
    selections += 1
    if let kept = feasibleIndices[needs] {
      feasible[kept].lastUse = selections
      return kept
    }
    var built = FeasibleNodes(needs, lastUse: selections)
    built.grow(to: nodes.count)
    for index in nodes.indices { built.update(nodes[index], at: index) }
    for index in free { built.remove(index) }
    guard feasible.count >= FleetIndex.feasibleLimit,
      let oldest = feasible.indices.min(by: { feasible[$0].lastUse < feasible[$1].lastUse })
    else {
      feasibleIndices[needs] = feasible.count
      feasible.append(built)
      return feasible.count - 1
    }
    feasibleIndices[feasible[oldest].needs] = nil
    feasibleIndices[needs] = oldest
    feasible[oldest] = built
    return oldest
  }

  /// - Returns: the index of the node.
  private mutating func append(_ node: FleetNode) -> Int {
    nodes.append(node)
    latencies.append(0)
    nameKeys.append(NameKey(""))
    cordoned.grow(to: nodes.count)
    liveness.grow(to: nodes.count)
    earnings.grow(to: nodes.count)
    for kept in feasible.indices { feasible[kept].grow(to: nodes.count) }
    return nodes.count - 1
  }

  private mutating func removeName(at index: Int) {
    if indicesByName[nodes[index].name] == index { indicesByName[nodes[index].name] = nil }
  }
}
