import JobModel
import Testing

@Suite struct DecisionTextTests {
  @Test("A choice from several nodes") func chosen() {
    let decision = PlacementDecision(
      nodes: 1200, removed: [.pool: 4, .gpuMemory: 1150, .cordoned: 1, .busy: 33], passed: 12,
      front: [
        PlacementDecision.Candidate(
          node: 7, name: "edge-7", latency: 12_345, earnings: 512_300, score: 162_224),
        PlacementDecision.Candidate(
          node: 9, name: "rack-eu-11", latency: 510_250, earnings: 0, score: 236_500),
      ], frontCount: 7)
    #expect(
      decision.text() == """
        12 of 1200 nodes can run it.
             4 are in the other pool
          1150 have no GPU with enough memory
             1 is cordoned
            33 have too little free capacity

        7 of them are on the Pareto frontier of latency and earnings:
          NODE         LATENCY  EARNINGS   SCORE
          edge-7       12.3 ms    51.2 %  0.1622  chosen
          rack-eu-11  510.3 ms     0.0 %  0.2365
          and 5 more

        edge-7 was chosen: it has the lowest score.

        """)
  }

  @Test("A job that no node can run lists the remedies, nearest first") func none() {
    let decision = PlacementDecision(
      nodes: 3, removed: [.jobType: 1, .busy: 2], passed: 0, front: [], frontCount: 0)
    #expect(
      decision.text() == """
        None of 3 nodes can run it.
          1 does not take its job type
          2 have too little free capacity

        Changes that would let nodes run it, nearest first:
          2 nodes: an attempt there must end; the job waits for that
          1 node: a worker must take the job type

        """)
  }

  @Test("An empty fleet is reported") func empty() {
    let decision = PlacementDecision(nodes: 0, removed: [:], passed: 0, front: [], frontCount: 0)
    #expect(
      decision.text() == """
        None of 0 nodes can run it.

        The fleet has no nodes: one must join, with a Node manifest and a worker.

        """)
  }

  @Test("The reason for the choice") func reasons() {
    let one = PlacementDecision.Candidate(node: 1, name: "a", latency: 1000, earnings: 0, score: 699)
    let two = PlacementDecision.Candidate(node: 2, name: "b", latency: 1000, earnings: 0, score: 699)
    func last(_ passed: Int, _ front: [PlacementDecision.Candidate]) -> String? {
      PlacementDecision(nodes: 9, removed: [:], passed: passed, front: front, frontCount: front.count).lines()
        .last
    }
    #expect(last(1, [one]) == "a was chosen: it is the only one.")
    #expect(last(5, [one]) == "a was chosen: it is best in both.")
    #expect(
      last(5, [one, two]) == "a was chosen: it is the first by name of those with the lowest score.")
  }
}
