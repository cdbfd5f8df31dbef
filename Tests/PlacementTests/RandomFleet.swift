import Model
import Placement
import RandomSupport

/// Random nodes and needs with every property, from few different numbers so that many are equal.
struct RandomFleet {
  var random: SeededRandom
  static let now = Timestamp(seconds: 1_800_000_000)
  static let offlineAfter = TimeSpan(seconds: 90)

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func chance(_ one: UInt64) -> Bool { random.int(one) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(random.int(UInt64(elements.count)))]
  }

  mutating func node(_ id: Int64) -> FleetNode {
    var node = FleetNode(
      id: id, name: pick(["edge", "rack", "a-name-of-more-than-sixteen-bytes"]) + "-\((id &* 7919) % 101)",
      cores: pick([4000, 8000]), slots: pick([1, 2, 4, 4]), memory: pick([8, 16, 16]))
    node.labels = pick([[:], ["zone": "a"], ["zone": "a", "tier": "1"], ["zone": "b"]])
    node.gpuMemory = pick([0, 8, 24, 24])
    node.gpuUsed = node.gpuMemory == 0 ? [] : (0...random.int(3)).map { _ in pick([0, 0, 4, 8]) }
    node.coresUsed = pick([0, 0, 1000, 4000])
    node.slotsUsed = pick([0, 0, 1, 2])
    node.isRootless = !chance(3)
    node.isCordoned = chance(12)
    node.isOverflow = chance(8)
    node.jobTypes = pick([nil, nil, ["echo"], ["render", "echo"]])
    node.images = pick([["i1"], ["i1", "i2"], ["i2"], []])
    node.canPull = chance(2)
    node.lastHeartbeatAt = chance(20) ? nil : Timestamp(microseconds: RandomFleet.now.microseconds - age())
    node.roundTripMicroseconds = pick([
      1000, 1000, 20_000 + Int64(random.int(600)), 300_000 + Int64(random.int(9000)),
    ])
    node.earned = pick([0, 0, 5_000_000, 40_000_000, Int64(random.int(100_000_000))])
    return node
  }

  /// Microseconds since a heartbeat, below, at and beyond the limit.
  mutating func age() -> Int64 {
    pick([0, 30_000_000, 89_999_999, 90_000_000, 90_000_001, Int64(random.int(100_000_000))])
  }

  mutating func needs(nodes: [FleetNode]) -> WorkNeeds {
    var needs = WorkNeeds(jobType: pick(["echo", "echo", "render"]), image: pick(["i1", "i2"]))
    needs.compute = .of(
      gpuMemory: pick([0, 0, 4, 16, 64]), cores: pick([0, 1000, 6000]), memory: pick([0, 0, 12]))
    needs.compute.isRootless = chance(4)
    needs.compute.labels = pick([[:], [:], ["zone": "a"], ["tier": "1"]])
    needs.isOverflow = chance(10)
    if chance(8) {
      needs.compute.nodes = ((0..<6).map { _ in pick(nodes).name } + ["unknown"]).map {
        ResourceID(kind: "Node", name: $0)
      }
    }
    if chance(2) { needs.avoided = (0..<3).map { _ in pick(nodes).id } + [-1] }
    if chance(3) { needs.draining = (0..<2).map { _ in pick(nodes).id } + [-2] }
    return needs
  }

  mutating func weights() -> (latency: Int64, earnings: Int64) {
    pick([(700_000, 300_000), (1_000_000, 0), (0, 1_000_000), (500_000, 500_000)])
  }
}

extension ComputeNeeds {
  /// Memory in bytes, cores in thousandths; 0: not needed.
  static func of(gpuMemory: Int64 = 0, cores: Int64 = 0, memory: Int64 = 0) -> ComputeNeeds {
    ComputeNeeds(
      gpuMemory: gpuMemory > 0 ? ByteCount(bytes: gpuMemory) : nil,
      cores: cores > 0 ? CoreCount(thousandths: cores) : nil,
      memory: memory > 0 ? ByteCount(bytes: memory) : nil)
  }
}
