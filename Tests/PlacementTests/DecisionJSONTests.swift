import JobModel
import Model
import RandomSupport
import Testing

@Suite struct DecisionJSONTests {
  @Test("The JSON is as documented") func golden() {
    let decision = PlacementDecision(
      nodes: 12, removed: [.busy: 3, .pool: 1], passed: 8,
      front: [
        PlacementDecision.Candidate(node: 7, name: "edge-7", latency: 12_345, earnings: 0, score: 8536)
      ],
      frontCount: 1)
    #expect(
      decision.json == #"{"nodes":12,"removed":{"pool":1,"busy":3},"passed":8,"frontCount":1,"#
        + #""front":[{"id":7,"name":"edge-7","latencyMicroseconds":12345,"earnings":0,"score":8536}]}"#)
  }

  @Test("A decision is read back from its JSON") func roundTrip() throws {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      var removed: [PlacementDecision.Filter: Int] = [:]
      for filter in PlacementDecision.Filter.allCases where random.int(2) == 0 {
        removed[filter] = Int(random.int(1_000_000))
      }
      let names = ["edge-1", "a \"quoted\" name", "tab\tand \\", "größer", ""]
      let front = (0..<random.int(6)).map { _ in
        PlacementDecision.Candidate(
          node: Int64(bitPattern: random.next()), name: names[Int(random.int(5))],
          latency: Int64(random.int(3_600_000_001)), earnings: Int64(random.int(1_000_001)),
          score: Int64(random.int(1_000_001)))
      }
      let decision = PlacementDecision(
        nodes: Int(random.int(100_000)), removed: removed, passed: Int(random.int(100_000)), front: front,
        frontCount: front.count + Int(random.int(3)))
      let json = decision.json
      #expect(PlacementDecision(json: json) == decision, "seed \(seed)")
      let value = try Value(json: json)
      #expect(value["nodes"]?.number == Int64(decision.nodes), "seed \(seed)")
    }
  }

  @Test(
    "Other text is not a decision",
    arguments: [
      "", "{}", "[]", "null", #"{"nodes":1,"removed":{},"passed":0,"frontCount":0}"#,
      #"{"nodes":1,"removed":{"weather":1},"passed":0,"frontCount":0,"front":[]}"#,
      #"{"nodes":1,"removed":{"pool":"1"},"passed":0,"frontCount":0,"front":[]}"#,
      #"{"nodes":1,"removed":{},"passed":0,"frontCount":0,"front":[{}]}"#,
    ])
  func noDecision(_ text: String) { #expect(PlacementDecision(json: text) == nil) }
}
