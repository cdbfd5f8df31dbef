import JobModel
import Testing

@Suite struct DecisionTextTests {
  @Test("a choice from several") func chosen() {
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
        Of 1200 nodes 12 could take it.
             4 are of the other pool
          1150 have no GPU with enough memory
             1 is cordoned
            33 have no room at the moment

        7 of them are beaten by no other in both latency and earnings:
          NODE         LATENCY  EARNINGS   SCORE
          edge-7       12.3 ms    51.2 %  0.1622  chosen
          rack-eu-11  510.3 ms     0.0 %  0.2365
          and 5 more

        edge-7 was chosen: it has the least score.

        """)
  }

  @Test("nobody could take it: what would have to change, the nearest first") func none() {
    let decision = PlacementDecision(
      nodes: 3, removed: [.jobType: 1, .busy: 2], passed: 0, front: [], frontCount: 0)
    #expect(
      decision.text() == """
        Of 3 nodes none could take it.
          1 does not take its job type
          2 have no room at the moment

        What would have to change, the nearest first:
          2 nodes: a job there must end; this one waits for that
          1 node: a worker must take the job type

        """)
  }

  @Test("a fleet without nodes says so") func empty() {
    let decision = PlacementDecision(nodes: 0, removed: [:], passed: 0, front: [], frontCount: 0)
    #expect(
      decision.text() == """
        Of 0 nodes none could take it.

        The fleet has no nodes: one must join, with a Node manifest and a worker.

        """)
  }

  @Test("why it was that one") func reasons() {
    let one = PlacementDecision.Candidate(node: 1, name: "a", latency: 1000, earnings: 0, score: 699)
    let two = PlacementDecision.Candidate(node: 2, name: "b", latency: 1000, earnings: 0, score: 699)
    func last(_ passed: Int, _ front: [PlacementDecision.Candidate]) -> String? {
      PlacementDecision(nodes: 9, removed: [:], passed: passed, front: front, frontCount: front.count).lines()
        .last
    }
    #expect(last(1, [one]) == "a was chosen: it was the only one.")
    #expect(last(5, [one]) == "a was chosen: it is best in both.")
    #expect(
      last(5, [one, two]) == "a was chosen: others have its score too, and it is the first of them by name.")
  }
}
