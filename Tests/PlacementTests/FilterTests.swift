import JobModel
import Model
import Placement
import Testing

@Suite struct FilterTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let filter: PlacementDecision.Filter?
    var node: @Sendable (inout FleetNode) -> Void = { _ in }
    var needs: @Sendable (inout WorkNeeds) -> Void = { _ in }
    var testDescription: String { reason }
  }

  private static let now = RandomFleet.now

  private static func nodes(_ names: String...) -> [ResourceID] {
    names.map { ResourceID(kind: "Node", name: $0) }
  }

  static let cases: [Case] = [
    Case(reason: "an idle node with every capability passes", filter: nil),
    Case(
      reason: "a job that is not escalated does not go to an overflow node", filter: .pool,
      node: { $0.isOverflow = true }),
    Case(
      reason: "an escalated job does not go to a node outside the overflow pool", filter: .pool,
      needs: { $0.isOverflow = true }),
    Case(
      reason: "an escalated job goes to the overflow pool", filter: nil, node: { $0.isOverflow = true },
      needs: { $0.isOverflow = true }),
    Case(reason: "a worker that takes other job types", filter: .jobType, node: { $0.jobTypes = ["render"] }),
    Case(reason: "a worker that takes no job type", filter: .jobType, node: { $0.jobTypes = [] }),
    Case(reason: "a node that is not named", filter: .nodes, needs: { $0.compute.nodes = nodes("edge-2") }),
    Case(
      reason: "a node that is named", filter: nil, needs: { $0.compute.nodes = nodes("edge-2", "edge-1") }),
    Case(reason: "another value of a label", filter: .labels, needs: { $0.compute.labels = ["zone": "b"] }),
    Case(
      reason: "one of two labels is missing", filter: .labels,
      needs: { $0.compute.labels = ["zone": "a", "tier": "1"] }),
    Case(reason: "the required labels", filter: nil, needs: { $0.compute.labels = ["zone": "a"] }),
    Case(
      reason: "a node whose containers run as root", filter: .sandbox, node: { $0.isRootless = false },
      needs: { $0.compute.isRootless = true }),
    Case(
      reason: "one byte of memory too little", filter: .memory,
      needs: { $0.compute.memory = ByteCount(bytes: 17) }),
    Case(
      reason: "exactly the required memory", filter: nil,
      needs: { $0.compute.memory = ByteCount(bytes: 16) }),
    Case(
      reason: "two GPUs do not count as one of twice the memory", filter: .gpuMemory,
      needs: { $0.compute.gpuMemory = ByteCount(bytes: 25) }),
    Case(
      reason: "GPU memory without a GPU", filter: .gpuMemory, node: { $0.gpuUsed = [] },
      needs: { $0.compute.gpuMemory = ByteCount(bytes: 1) }),
    Case(
      reason: "more cores than the node has", filter: .cores,
      needs: { $0.compute.cores = CoreCount(thousandths: 8001) }),
    Case(reason: "all cores", filter: nil, needs: { $0.compute.cores = CoreCount(thousandths: 8000) }),
    Case(reason: "a missing image that cannot be pulled", filter: .image, node: { $0.images = ["i2"] }),
    Case(
      reason: "a missing image that can be pulled", filter: nil,
      node: {
        $0.images = []
        $0.canPull = true
      }),
    Case(reason: "a cordoned node", filter: .cordoned, node: { $0.isCordoned = true }),
    Case(reason: "a node that never sent a heartbeat", filter: .offline, node: { $0.lastHeartbeatAt = nil }),
    Case(
      reason: "a heartbeat 90 s ago", filter: nil, node: { $0.lastHeartbeatAt = now + TimeSpan(seconds: -90) }
    ),
    Case(
      reason: "a heartbeat a microsecond more than 90 s ago", filter: .offline,
      node: { $0.lastHeartbeatAt = Timestamp(microseconds: now.microseconds - 90_000_001) }),
    Case(reason: "a node that the job failed on", filter: .avoided, needs: { $0.avoided = [9, 1] }),
    Case(reason: "all slots are taken", filter: .busy, node: { $0.slotsUsed = 4 }),
    Case(reason: "no slots at all", filter: .busy, node: { $0.slots = 0 }),
    Case(
      reason: "half of the cores are taken", filter: .busy, node: { $0.coresUsed = 4000 },
      needs: { $0.compute.cores = CoreCount(thousandths: 4001) }),
    Case(
      reason: "enough free GPU memory only on both GPUs together", filter: .busy,
      node: { $0.gpuUsed = [12, 12] },
      needs: { $0.compute.gpuMemory = ByteCount(bytes: 13) }),
    Case(
      reason: "enough free memory on the second GPU", filter: nil, node: { $0.gpuUsed = [24, 4] },
      needs: { $0.compute.gpuMemory = ByteCount(bytes: 20) }),
    Case(
      reason: "the first filter counts: without its image, cordoned and busy", filter: .image,
      node: {
        $0.images = []
        $0.isCordoned = true
        $0.slotsUsed = 4
      }),
    Case(
      reason: "the first filter counts: cordoned and never online", filter: .cordoned,
      node: {
        $0.isCordoned = true
        $0.lastHeartbeatAt = nil
      }),
    Case(
      reason: "the first filter counts: avoided and busy", filter: .avoided,
      node: { $0.slotsUsed = 4 }, needs: { $0.avoided = [1] }),
    Case(
      reason: "a node whose container of the module drains", filter: .draining,
      needs: { $0.draining = [9, 1] }),
    Case(
      reason: "the first filter counts: busy and draining", filter: .busy, node: { $0.slotsUsed = 4 },
      needs: { $0.draining = [1] }),
  ]

  @Test("A node counts for the first filter that removes it", arguments: cases)
  func filters(_ testCase: Case) {
    var node = FleetNode(id: 1, name: "edge-1", cores: 8000, slots: 4, memory: 16)
    node.labels = ["zone": "a"]
    node.gpuMemory = 24
    node.gpuUsed = [0, 0]
    node.images = ["i1"]
    node.isRootless = true
    node.lastHeartbeatAt = Self.now
    var needs = WorkNeeds(jobType: "echo", image: "i1")
    testCase.node(&node)
    testCase.needs(&needs)
    var index = FleetIndex()
    index.update(node)
    let decision = index.select(
      needs, weights: (700_000, 300_000), now: Self.now, offlineAfter: TimeSpan(seconds: 90))
    #expect(decision.removed == (testCase.filter.map { [$0: 1] } ?? [:]), "\(testCase.reason)")
    #expect(decision.passed == (testCase.filter == nil ? 1 : 0), "\(testCase.reason)")
  }

  @Test("A node is offline after its last heartbeat is too old, at any time, and online with the next")
  func offlineAndOnline() {
    var index = FleetIndex()
    var node = FleetNode(id: 1, name: "edge-1", cores: 8000, slots: 4, memory: 16)
    node.images = ["i1"]
    node.lastHeartbeatAt = Self.now
    index.update(node)
    let needs = WorkNeeds(jobType: "echo", image: "i1")
    func passed(_ seconds: Int64) -> Int {
      index.select(
        needs, weights: (700_000, 300_000), now: Self.now + TimeSpan(seconds: seconds),
        offlineAfter: TimeSpan(seconds: 90)
      ).passed
    }
    let (online, offline, before) = (passed(0), passed(91), passed(60))
    #expect([online, offline, before] == [1, 0, 1])
    index.recordHeartbeat(of: 1, at: Self.now + TimeSpan(seconds: 95), roundTripMicroseconds: 7)
    let again = passed(185)
    #expect(again == 1)
    #expect(index[1]?.roundTripMicroseconds == 7)
  }
}
