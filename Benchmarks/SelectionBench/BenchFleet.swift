import Model
import Placement

/// A fleet of different nodes, and modules with different needs.
struct BenchFleet {
  let nodes: [FleetNode]
  let needs: [WorkNeeds]

  static let start = Timestamp(seconds: 1_800_000_000)
  private static let gib: Int64 = 1 << 30

  init(nodes count: Int) {
    var random = BenchNumbers(state: UInt64(count))
    let images = (0..<20).map { module in
      let digits = String(module, radix: 16)
      return String(repeating: "a", count: 64 - digits.count) + digits
    }
    nodes = (1...count).map { number in
      var node = FleetNode(
        id: Int64(number), name: "node-\(String(repeating: "0", count: 6 - String(number).count))\(number)",
        cores: Int64([8, 16, 32][random.below(3)]) * 1000, slots: [4, 8, 16][random.below(3)],
        memory: Int64([16, 64, 256][random.below(3)]) * BenchFleet.gib)
      node.gpuMemory = Int64([0, 12, 24, 48][random.below(4)]) * BenchFleet.gib
      node.gpuUsed = node.gpuMemory == 0 ? [] : Array(repeating: 0, count: 1 + random.below(2))
      node.labels = [
        "region": ["eu", "us", "asia"][random.below(3)], "tier": ["home", "rack"][random.below(2)],
      ]
      node.isRootless = random.below(3) > 0
      node.isOverflow = random.below(20) == 0
      node.isCordoned = random.below(50) == 0
      node.images = Set(images.filter { _ in random.below(2) == 0 })
      node.canPull = random.below(4) > 0
      node.jobTypes = random.below(5) == 0 ? ["render", "echo"] : nil
      node.lastHeartbeatAt = Timestamp(
        microseconds: BenchFleet.start.microseconds - Int64(random.below(30_000_000)))
      node.roundTripMicroseconds = Int64(500 + random.below(120_000))
      node.earned = Int64(random.below(50_000_000))
      return node
    }
    needs = images.enumerated().map { module, image in
      let gpuMemory = Int64([0, 0, 8, 20][module % 4]) * BenchFleet.gib
      let cores = Int64([0, 500, 1000, 4000][module / 4 % 4])
      let memory = Int64([0, 32][module % 2]) * BenchFleet.gib
      return WorkNeeds(
        jobType: ["render", "echo", "storyboard"][module % 3], image: image,
        compute: ComputeNeeds(
          labels: module % 5 == 0 ? ["region": "eu"] : [:],
          gpuMemory: gpuMemory > 0 ? ByteCount(bytes: gpuMemory) : nil,
          cores: cores > 0 ? CoreCount(thousandths: cores) : nil,
          memory: memory > 0 ? ByteCount(bytes: memory) : nil, isRootless: module % 6 == 0))
    }
  }

  /// Nodes that differ only in their names, and one module that every node can run.
  init(equal count: Int) {
    nodes = (1...count).map { number in
      var node = FleetNode(
        id: Int64(number), name: "node-\(number)", cores: 64_000, slots: 64, memory: BenchFleet.gib)
      node.images = ["image"]
      node.lastHeartbeatAt = BenchFleet.start
      node.roundTripMicroseconds = 10_000
      return node
    }
    needs = [WorkNeeds(jobType: "echo", image: "image")]
  }
}

/// Pseudorandom numbers that are the same in each run.
struct BenchNumbers {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
