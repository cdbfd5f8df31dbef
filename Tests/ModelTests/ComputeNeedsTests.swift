import Model
import Testing

@Suite struct ComputeNeedsTests {
  private static let memory = ByteCount(bytes: 8 << 30)
  private static let node = NodeCapabilities(
    name: "n1", labels: ["tier": "gpu", "zone": "a"], isRootless: true, memory: memory,
    gpuMemory: ByteCount(bytes: 6 << 30), cores: CoreCount(cores: 4))

  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let needs: ComputeNeeds
    var missing: MissingCapability?
    var testDescription: String { reason }
  }

  @Test(
    "The first missing capability decides",
    arguments: [
      Case(reason: "work without needs runs on any node", needs: ComputeNeeds()),
      Case(
        reason: "exactly enough of everything is enough",
        needs: ComputeNeeds(
          labels: ["tier": "gpu"], nodes: [id("n2"), id("n1")], gpuMemory: ByteCount(bytes: 6 << 30),
          cores: CoreCount(cores: 4), memory: memory, isRootless: true)),
      Case(reason: "another node is named", needs: ComputeNeeds(nodes: [id("n2")]), missing: .name),
      Case(
        reason: "a label has another value", needs: ComputeNeeds(labels: ["tier": "cpu"]), missing: .labels),
      Case(reason: "a label is missing", needs: ComputeNeeds(labels: ["owner": "ada"]), missing: .labels),
      Case(
        reason: "too little memory", needs: ComputeNeeds(memory: ByteCount(bytes: (8 << 30) + 1)),
        missing: .memory),
      Case(
        reason: "too little GPU memory", needs: ComputeNeeds(gpuMemory: ByteCount(bytes: 7 << 30)),
        missing: .gpuMemory),
      Case(
        reason: "too few cores", needs: ComputeNeeds(cores: CoreCount(thousandths: 4001)), missing: .cores),
      Case(
        reason: "the order of the cases decides between several",
        needs: ComputeNeeds(labels: ["tier": "cpu"], cores: CoreCount(cores: 9)), missing: .labels),
    ])
  func firstMissingCapabilityDecides(_ example: Case) {
    #expect(example.needs.missing(on: Self.node) == example.missing)
  }

  @Test("A node without GPU or with root lacks these capabilities") func absentCapabilitiesAreMissing() {
    let plain = NodeCapabilities(
      name: "n2", labels: [:], isRootless: false, memory: Self.memory, gpuMemory: nil,
      cores: CoreCount(cores: 1))
    #expect(ComputeNeeds(gpuMemory: ByteCount(bytes: 0)).missing(on: plain) == .gpuMemory)
    #expect(ComputeNeeds(isRootless: true).missing(on: plain) == .sandbox)
  }

  @Test("Containers are placed only on schedulable nodes with an engine") func containersNeedAnEngine() {
    func offer(_ engine: EngineAddress?, isSchedulable: Bool = true) -> ComputeOffer {
      ComputeOffer(
        engine: engine, labels: ["tier": "cpu"], cores: 4, memory: Self.memory, gpuMemory: nil, gpuCount: 0,
        isSchedulable: isSchedulable)
    }
    let node = Self.id("n1")
    #expect(ComputeNeeds().isMet(by: offer(.local), of: node))
    #expect(!ComputeNeeds().isMet(by: offer(.local, isSchedulable: false), of: node))
    #expect(ComputeNeeds().obstacle(on: node, offer(.local, isSchedulable: false)) == nil)
    #expect(ComputeNeeds().obstacle(on: node, offer(nil)) == "is behind a relay")
    #expect(ComputeNeeds(nodes: [Self.id("n9")]).obstacle(on: node, offer(nil)) == "is not named")
    #expect(ComputeNeeds(labels: ["tier": "gpu"]).obstacle(on: node, offer(.local)) == "has tier=cpu")
    #expect(ComputeNeeds(labels: ["zone": "a"]).obstacle(on: node, offer(.local)) == "has no label zone")
    #expect(ComputeNeeds(gpuMemory: Self.memory).obstacle(on: node, offer(.local)) == "has no GPU")
    #expect(ComputeNeeds(cores: CoreCount(cores: 8)).obstacle(on: node, offer(.local)) == "has 4 cores")
  }

  private static func id(_ name: String) -> ResourceID { ResourceID(kind: "Node", name: name) }
}
