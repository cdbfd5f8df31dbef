import JobModel
import Model
import Placement
import RandomSupport
import Testing

@Suite struct FleetIndexPropertyTests {
  private static let now = RandomFleet.now
  private static let offlineAfter = RandomFleet.offlineAfter

  @Test("After any sequence of changes each selection agrees with the naive implementation")
  func agreesWithNaive() {
    for seed in UInt64(1)...60 {
      let differences = FleetHistory(seed: seed).differences(steps: 250)
      #expect(differences.isEmpty, "seed \(seed): \(differences.first ?? "")")
    }
  }

  @Test("Selections agree for more different needs than are kept")
  func manyNeeds() {
    let seed: UInt64 = 4711
    var random = RandomFleet(seed: seed)
    var (index, naive) = (FleetIndex(), NaiveFleet())
    for id in Int64(1)...70 {
      let node = random.node(id)
      index.update(node)
      naive.nodes[id] = node
    }
    for round in 0..<3 {
      for number in 0..<(FleetIndex.feasibleLimit + 40) {
        let needs = WorkNeeds(
          jobType: "echo", image: "i1", compute: .of(cores: Int64(number * 40)))
        let decision = index.select(
          needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
        let expected = naive.select(
          needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
        #expect(decision == expected, "seed \(seed), round \(round), needs \(number)")
      }
      for id in Int64(1)...20 {
        let node = random.node(id)
        index.update(node)
        naive.nodes[id] = node
      }
    }
  }

  @Test("The chosen node passes all filters, and no node that passes dominates it")
  func chosenIsOnFront() {
    for seed in UInt64(100)...200 {
      var random = RandomFleet(seed: seed)
      let nodes = (Int64(1)...80).map { random.node($0) }
      var index = FleetIndex()
      for node in nodes { index.update(node) }
      let needs = random.needs(nodes: nodes)
      let decision = index.select(
        needs, weights: random.weights(), now: Self.now, offlineAfter: Self.offlineAfter)
      guard let chosen = decision.chosen, let node = index[chosen.node] else {
        #expect(decision.passed == 0, "seed \(seed)")
        continue
      }
      let filter = NaiveFleet.filter(node, needs, Self.now, Self.offlineAfter)
      #expect(filter == nil, "seed \(seed)")
      let claim = index.claim(chosen.node, needs)
      #expect(claim != nil, "seed \(seed): the chosen node can be claimed")
      let greatest = nodes.map(Estimate.rate).max() ?? 0
      for other in nodes where NaiveFleet.filter(other, needs, Self.now, Self.offlineAfter) == nil {
        let candidate = PlacementDecision.Candidate(
          node: other.id, name: other.name,
          latency: Estimate.latency(of: other, isCold: !other.images.contains(needs.image)),
          earnings: Estimate.earnings(rate: Estimate.rate(of: other), greatest: greatest), score: 0)
        #expect(
          !NaiveFleet.dominates(candidate, chosen), "seed \(seed): \(other.name) dominates \(chosen.name)")
      }
    }
  }

  @Test("The order in which nodes are added and earlier nodes do not matter")
  func order() {
    for seed in UInt64(300)...360 {
      var random = RandomFleet(seed: seed)
      let nodes = (Int64(1)...60).map { random.node($0) }
      let needs = random.needs(nodes: nodes)
      let weights = random.weights()
      var forward = FleetIndex()
      for node in nodes { forward.update(node) }
      var other = FleetIndex()
      for id in Int64(500)...520 { other.update(random.node(id)) }
      for node in nodes.shuffled(using: &random.random) {
        other.update(random.node(node.id))
        other.update(node)
      }
      for id in Int64(500)...520 { other.remove(id) }
      let one = forward.select(needs, weights: weights, now: Self.now, offlineAfter: Self.offlineAfter)
      let two = other.select(needs, weights: weights, now: Self.now, offlineAfter: Self.offlineAfter)
      let again = forward.select(needs, weights: weights, now: Self.now, offlineAfter: Self.offlineAfter)
      #expect(one == two, "seed \(seed)")
      #expect(one == again, "seed \(seed)")
    }
  }

  @Test("Adding a node that is better in both figures never makes the choice worse")
  func betterNode() {
    var improved = 0
    for seed in UInt64(400)...1200 {
      var random = RandomFleet(seed: seed)
      let nodes = (Int64(1)...50).map { random.node($0) }
      let needs = random.needs(nodes: nodes)
      let weights = random.weights()
      var index = FleetIndex()
      for node in nodes { index.update(node) }
      let before = index.select(needs, weights: weights, now: Self.now, offlineAfter: Self.offlineAfter)
      guard let old = before.chosen, var better = index[old.node] else { continue }
      better.id = 1000
      better.name = random.pick(["0-first", "zz-last"])
      if !needs.compute.nodes.isEmpty { continue }
      better.roundTripMicroseconds -= 1 + Int64(random.random.int(999))
      better.earned /= 2
      index.update(better)
      let after = index.select(needs, weights: weights, now: Self.now, offlineAfter: Self.offlineAfter)
      improved += 1
      guard let new = after.chosen else {
        Issue.record("seed \(seed): no node is chosen")
        continue
      }
      #expect(new.score <= old.score, "seed \(seed)")
      #expect(!NaiveFleet.dominates(old, new), "seed \(seed)")
      #expect(new.node != old.node, "seed \(seed): the old node is dominated")
    }
    print("a better node was added in \(improved) fleets, seeds 400 to 1200")
    #expect(improved > 200)
  }

  @Test("A copy is an independent value")
  func copiesAreValues() {
    var random = RandomFleet(seed: 5)
    var index = FleetIndex()
    for id in Int64(1)...30 { index.update(random.node(id)) }
    let needs = WorkNeeds(jobType: "echo", image: "i1")
    let before = index.select(
      needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
    var copy = index
    for id in Int64(1)...30 { copy.remove(id) }
    let none = copy.select(
      needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
    let after = index.select(
      needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: Self.offlineAfter)
    #expect(none == PlacementDecision(nodes: 0, removed: [:], passed: 0, front: [], frontCount: 0))
    #expect(before == after)
  }
}
