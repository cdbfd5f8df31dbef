import JobModel
import Model
import Placement

/// A simple implementation that `FleetIndex` must agree with: applies every filter to every node and compares
/// every node with every other.
struct NaiveFleet {
  var nodes: [Int64: FleetNode] = [:]

  func select(
    _ needs: WorkNeeds, weights: (latency: Int64, earnings: Int64), now: Timestamp, offlineAfter: TimeSpan
  ) -> PlacementDecision {
    var removed: [PlacementDecision.Filter: Int] = [:]
    var passed: [FleetNode] = []
    for node in nodes.values {
      if let filter = NaiveFleet.filter(node, needs, now, offlineAfter) {
        removed[filter, default: 0] += 1
      } else {
        passed.append(node)
      }
    }
    let greatest = nodes.values.map(Estimate.rate).max() ?? 0
    let candidates = passed.map { node in
      let latency = Estimate.latency(of: node, isCold: !node.images.contains(needs.image))
      let earnings = Estimate.earnings(rate: Estimate.rate(of: node), greatest: greatest)
      return PlacementDecision.Candidate(
        node: node.id, name: node.name, latency: latency, earnings: earnings,
        score: Estimate.score(latency: latency, earnings: earnings, weights: weights))
    }
    let front = candidates.filter { one in !candidates.contains { NaiveFleet.dominates($0, one) } }
      .sorted { ($0.score, $0.name, $0.node) < ($1.score, $1.name, $1.node) }
    return PlacementDecision(
      nodes: nodes.count, removed: removed, passed: passed.count,
      front: Array(front.prefix(PlacementDecision.shownLimit)), frontCount: front.count)
  }

  static func dominates(_ one: PlacementDecision.Candidate, _ other: PlacementDecision.Candidate) -> Bool {
    one.latency <= other.latency && one.earnings <= other.earnings
      && (one.latency < other.latency || one.earnings < other.earnings)
  }

  /// The first filter that removes a node, in the order of the cases.
  static func filter(
    _ node: FleetNode, _ needs: WorkNeeds, _ now: Timestamp, _ offlineAfter: TimeSpan
  ) -> PlacementDecision.Filter? {
    PlacementDecision.Filter.allCases.first { filter in
      switch filter {
      case .pool: return node.isOverflow != needs.isOverflow
      case .jobType: return !(node.jobTypes ?? [needs.jobType]).contains(needs.jobType)
      case .nodes:
        return needs.compute.nodes.count > 0 && !needs.compute.nodes.map(\.name).contains(node.name)
      case .labels: return needs.compute.labels.contains { node.labels[$0.key] != $0.value }
      case .sandbox: return needs.compute.isRootless && !node.isRootless
      case .memory: return needs.compute.memory.map { $0.bytes > node.memory } ?? false
      case .gpuMemory: return needs.gpuMemory > (node.gpuUsed.count > 0 ? node.gpuMemory : 0)
      case .cores: return needs.cores > node.cores
      case .image: return !(node.canPull || node.images.contains(needs.image))
      case .cordoned: return node.isCordoned
      case .offline:
        guard let lastHeartbeatAt = node.lastHeartbeatAt else { return true }
        return now.microseconds - lastHeartbeatAt.microseconds > offlineAfter.milliseconds * 1000
      case .avoided: return needs.avoided.contains(node.id)
      case .busy: return !hasCapacity(node, needs)
      case .draining: return needs.draining.contains(node.id)
      }
    }
  }

  static func hasCapacity(_ node: FleetNode, _ needs: WorkNeeds) -> Bool {
    guard node.slotsUsed < node.slots, node.coresUsed + needs.cores <= node.cores else { return false }
    return needs.gpuMemory == 0 || node.gpuUsed.contains { $0 + needs.gpuMemory <= node.gpuMemory }
  }

  /// The GPU with the least sufficient free memory; nil where the free capacity is too small.
  mutating func claim(_ id: Int64, _ needs: WorkNeeds) -> Int?? {
    guard var node = nodes[id], NaiveFleet.hasCapacity(node, needs) else { return nil }
    var chosen: Int?
    for (gpu, used) in node.gpuUsed.enumerated()
    where needs.gpuMemory > 0 && used + needs.gpuMemory <= node.gpuMemory {
      if chosen.map({ used > node.gpuUsed[$0] }) ?? true { chosen = gpu }
    }
    if let chosen { node.gpuUsed[chosen] += needs.gpuMemory }
    node.slotsUsed += 1
    node.coresUsed += needs.cores
    nodes[id] = node
    return .some(chosen)
  }

  mutating func release(_ id: Int64, _ needs: WorkNeeds, gpu: Int?) {
    nodes[id]?.slotsUsed -= 1
    nodes[id]?.coresUsed -= needs.cores
    if let gpu { nodes[id]?.gpuUsed[gpu] -= needs.gpuMemory }
  }
}
