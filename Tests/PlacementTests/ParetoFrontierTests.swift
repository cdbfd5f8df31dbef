import Model
import Placement
import RandomSupport
import Testing

/// Fleets with a large Pareto frontier, or with one of equal nodes.
@Suite struct ParetoFrontierTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Round trip and earnings of a node by its number and the number of nodes.
    let figures: @Sendable (Int64, Int64, inout SeededRandom) -> (trip: Int64, earned: Int64)
  }

  static let shapes = [
    Shape(testDescription: "equal nodes are all on the frontier") { _, _, _ in (5000, 0) },
    Shape(testDescription: "nearer nodes earned more: all are on the frontier") { number, count, _ in
      (number * 3, (count - number) * 10_000)
    },
    Shape(testDescription: "nearer nodes earned much more, with nearly the same latency") {
      number, count, _ in
      (100_000 + number, (count - number) * (count - number) * 1000)
    },
    Shape(testDescription: "pairs of equal nodes along a line") { number, count, _ in
      (number / 2 * 50, (count - number / 2) * 10_000)
    },
    Shape(testDescription: "near a line, with noise") { number, count, random in
      (number * 200 + Int64(random.int(3000)), (count - number) * 9000 + Int64(random.int(100_000)))
    },
    Shape(testDescription: "random figures with the longest and shortest latencies") { _, _, random in
      (Int64(random.next() >> 1) >> Int64(random.int(63)), Int64(random.int(1_000_000_000)))
    },
    Shape(testDescription: "the nearest node earned least and is alone on the frontier") { number, _, _ in
      (number * 7, number * 9000)
    },
  ]

  @Test("The Pareto frontier agrees with the naive implementation", arguments: shapes)
  func frontier(_ shape: Shape) {
    for seed in UInt64(1)...4 {
      var random = SeededRandom(seed: seed)
      var (index, naive) = (FleetIndex(), NaiveFleet())
      let count: Int64 = 400
      for id in (Int64(1)...count).shuffled(using: &random) {
        var node = FleetNode(
          id: id, name: "edge-\(random.int(1_000_000_007))", cores: 8000, slots: 4, memory: 1)
        node.images = id % 3 == 0 ? [] : ["i1"]
        node.canPull = true
        node.lastHeartbeatAt = RandomFleet.now
        (node.roundTripMicroseconds, node.earned) = shape.figures(id, count, &random)
        index.update(node)
        naive.nodes[id] = node
      }
      for image in ["i1", "i2"] {
        let needs = WorkNeeds(jobType: "echo", image: image)
        let decision = index.select(
          needs, weights: (700_000, 300_000), now: RandomFleet.now, offlineAfter: RandomFleet.offlineAfter)
        let expected = naive.select(
          needs, weights: (700_000, 300_000), now: RandomFleet.now, offlineAfter: RandomFleet.offlineAfter)
        #expect(decision == expected, "seed \(seed), image \(image)")
      }
    }
  }
}
