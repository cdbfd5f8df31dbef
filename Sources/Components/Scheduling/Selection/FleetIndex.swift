package import Model

package struct FleetIndex: Sendable {
  var nodes: [Int64: FleetNode] = [:]
  package init() {}
  package var count: Int { nodes.count }
  package subscript(id: Int64) -> FleetNode? { nodes[id] }
  package func node(named name: String) -> FleetNode? { nodes.values.first { $0.name == name } }
  package mutating func update(_ node: FleetNode) { nodes[node.id] = node }
  package mutating func remove(_ id: Int64) { nodes[id] = nil }
  package mutating func heartbeat(_ id: Int64, at: Timestamp, roundTripMicroseconds: Int64) {
    nodes[id]?.heardAt = at
    nodes[id]?.roundTripMicroseconds = roundTripMicroseconds
  }
  @discardableResult package mutating func claim(_ id: Int64, _ needs: WorkNeeds) -> Claim? {
    nodes[id]?.claim(needs)
  }
  package mutating func release(_ id: Int64, _ claim: Claim) { nodes[id]?.release(claim) }
  package mutating func select(
    _ needs: WorkNeeds, weights: (latency: Int64, earnings: Int64), now: Timestamp, offlineAfter: TimeSpan
  ) -> Decision {
    var removed: [Decision.Filter: Int] = [:]
    var best: FleetNode?
    for node in nodes.values.sorted(by: { $0.id < $1.id }) {
      var copy = node
      if node.isOverflow != needs.isOverflow {
        removed[.pool, default: 0] += 1
      } else if !node.images.contains(needs.image) {
        removed[.image, default: 0] += 1
      } else if node.isCordoned {
        removed[.cordoned, default: 0] += 1
      } else if node.heardAt == nil || now - node.heardAt! > offlineAfter {
        removed[.offline, default: 0] += 1
      } else if needs.avoided.contains(node.id) {
        removed[.avoided, default: 0] += 1
      } else if copy.claim(needs) == nil {
        removed[.busy, default: 0] += 1
      } else if best == nil || node.slotsUsed < best!.slotsUsed {
        best = node
      }
    }
    let front =
      best.map { [Decision.Candidate(node: $0.id, name: $0.name, latency: 0, earnings: 0, score: 0)] } ?? []
    return Decision(
      nodes: nodes.count, removed: removed, passed: front.count, front: front, frontCount: front.count)
  }
}
extension Decision {
  package var json: String { "{}" }
  package init?(json: String) { return nil }
}
