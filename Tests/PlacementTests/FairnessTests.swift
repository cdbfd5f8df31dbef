import JobModel
import Model
import Placement
import RandomSupport
import Testing

@Suite struct FairnessTests {
  private static let now = RandomFleet.now
  private static let offlineAfter = RandomFleet.offlineAfter
  private static let needs = WorkNeeds(jobType: "echo", image: "i1")

  private func node(_ id: Int64, slots: Int) -> FleetNode {
    var node = FleetNode(id: id, name: "edge-\(id)", cores: 8000, slots: slots, memory: 16)
    node.images = ["i1"]
    node.lastHeartbeatAt = Self.now
    node.roundTripMicroseconds = 10_000
    return node
  }

  @Test(
    "Of 12,000 equal jobs each of 50 equal nodes gets 240, within 10 %, without a heartbeat in between",
    arguments: [240, 300, 1000])
  func spreads(slots: Int) throws {
    var index = FleetIndex()
    for id in Int64(1)...50 { index.update(node(id, slots: slots)) }
    var jobs: [Int64: Int] = [:]
    for _ in 0..<12_000 {
      let decision = index.select(
        Self.needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
      let chosen = try #require(decision.chosen)
      let claim = index.claim(chosen.node, Self.needs)
      try #require(claim != nil)
      jobs[chosen.node, default: 0] += 1
    }
    #expect(jobs.count == 50)
    #expect(jobs.values.allSatisfy { (216...264).contains($0) }, "\(jobs.values.sorted())")
  }

  @Test("No node stays without work when earnings count")
  func noNodeStarves() throws {
    for seed in UInt64(1)...6 {
      var random = SeededRandom(seed: seed)
      var index = FleetIndex()
      for id in Int64(1)...20 {
        var node = node(id, slots: 4)
        node.roundTripMicroseconds = 1000 + Int64(random.int(250_000))
        if id % 5 == 0 {
          node.images = []
          node.canPull = true
        }
        index.update(node)
      }
      var jobs: [Int64: Int] = [:]
      var open: [Int64] = []
      for _ in 0..<6000 {
        let decision = index.select(
          Self.needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
        let chosen = try #require(decision.chosen)
        let claim = index.claim(chosen.node, Self.needs)
        try #require(claim != nil)
        open.append(chosen.node)
        jobs[chosen.node, default: 0] += 1
        guard open.count > 8 else { continue }
        let done = open.remove(at: Int(random.int(UInt64(open.count))))
        index.release(done, Claim(gpu: nil, gpuMemory: Self.needs.gpuMemory, cores: Self.needs.cores))
        var node = try #require(index[done])
        node.earned += 40_000
        node.images = ["i1"]
        index.update(node)
      }
      let fewest = (Int64(1)...20).map { jobs[$0, default: 0] }.min() ?? 0
      let highest = jobs.values.max() ?? 0
      print("seed \(seed): the 20 nodes had \(fewest) to \(highest) of 6000 jobs")
      #expect(fewest >= 150, "seed \(seed): 300 would be an equal share")
    }
  }

  @Test("Of two nodes that differ in earnings alone the one that earned less for its capacity is chosen")
  func earnedLess() throws {
    var index = FleetIndex()
    var small = node(1, slots: 4)
    var large = node(2, slots: 4)
    small.earned = 12_000_000
    large.earned = 18_000_000
    large.cores = 32_000
    index.update(small)
    index.update(large)
    let decision = index.select(
      Self.needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
    #expect(decision.chosen?.name == "edge-2")
    #expect(decision.front.count == 1)
    #expect(decision.chosen?.earnings == 500_000, "18 credits for 36 cores against 12 for 12")
  }
}
