import JobModel
import Model
import Placement
import RandomSupport

/// Applies random changes to a fleet index and to the naive implementation.
struct FleetHistory {
  private var random: RandomFleet
  private var index = FleetIndex()
  private var naive = NaiveFleet()
  private var needs: [WorkNeeds] = []
  private var claims: [(node: Int64, needs: WorkNeeds, gpu: Int?)] = []
  private var now = RandomFleet.now
  private let size: Int64

  init(seed: UInt64) {
    random = RandomFleet(seed: seed)
    size = Int64(5 + random.random.int(140))
    for id in 1...size { update(random.node(id)) }
    let nodes = Array(naive.nodes.values.sorted { $0.id < $1.id })
    for _ in 0..<8 { needs.append(random.needs(nodes: nodes)) }
  }

  /// Descriptions of the differences between the two; empty where there are none.
  consuming func differences(steps: Int) -> [String] {
    var differences: [String] = []
    for step in 0..<steps {
      change()
      if step % 7 == 0 { now = now + TimeSpan(milliseconds: Int64(random.random.int(9000)) - 500) }
      var needs = random.pick(needs)
      if random.chance(2) { needs.avoided = [1 + Int64(random.random.int(UInt64(size)))] }
      if random.chance(3) { needs.draining = [1 + Int64(random.random.int(UInt64(size)))] }
      let weights = random.weights()
      let decision = index.select(
        needs, weights: weights, now: now, offlineAfter: RandomFleet.offlineAfter)
      let expected = naive.select(
        needs, weights: weights, now: now, offlineAfter: RandomFleet.offlineAfter)
      if decision != expected { differences.append("step \(step): \(decision) instead of \(expected)") }
      if let chosen = decision.chosen, random.chance(2) {
        let claim = index.claim(chosen.node, needs)
        let expectedClaim = naive.claim(chosen.node, needs)
        if claim?.gpu != expectedClaim.flatMap({ $0 }) || (claim == nil) != (expectedClaim == nil) {
          differences.append(
            "step \(step): claim \(String(describing: claim)) instead of \(String(describing: expectedClaim))"
          )
        }
        if let claim { claims.append((chosen.node, needs, claim.gpu)) }
      }
      if step % 25 == 24, let difference = difference() { differences.append("step \(step): \(difference)") }
    }
    return differences
  }

  private func difference() -> String? {
    if index.count != naive.nodes.count { return "\(index.count) nodes" }
    return naive.nodes.values.first { index[$0.id] != $0 }.map { "node \($0.id)" }
  }

  private mutating func update(_ node: FleetNode) {
    index.update(node)
    naive.nodes[node.id] = node
  }

  private mutating func change() {
    let id = 1 + Int64(random.random.int(UInt64(size)))
    switch random.random.int(6) {
    case 0:
      claims.removeAll { $0.node == id }
      update(random.node(id))
    case 1:
      claims.removeAll { $0.node == id }
      index.remove(id)
      naive.nodes[id] = nil
    case 2:
      let time = Timestamp(microseconds: now.microseconds - random.age())
      let trip = random.pick([1000, 2000, 250_000] as [Int64])
      index.recordHeartbeat(of: id, at: time, roundTripMicroseconds: trip)
      naive.nodes[id]?.lastHeartbeatAt = time
      naive.nodes[id]?.roundTripMicroseconds = trip
    case 3:
      guard var node = naive.nodes[id] else { return }
      node.earned += 3_000_000
      node.isCordoned.toggle()
      update(node)
    default:
      guard !claims.isEmpty else { return }
      let claim = claims.remove(at: Int(random.random.int(UInt64(claims.count))))
      index.release(
        claim.node, Claim(gpu: claim.gpu, gpuMemory: claim.needs.gpuMemory, cores: claim.needs.cores))
      naive.release(claim.node, claim.needs, gpu: claim.gpu)
    }
  }
}
