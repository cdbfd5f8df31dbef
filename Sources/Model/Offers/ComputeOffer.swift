/// A machine that can run containers. Offered by `Node`.
package struct ComputeOffer: Sendable, Hashable {
  /// Nil for a node behind a relay: jobs reach it, the controller does not.
  package let engine: EngineAddress?
  package let labels: [String: String]
  package let cores: Int
  package let memory: ByteCount
  /// Memory of one GPU; nil for a machine without a GPU.
  package let gpuMemory: ByteCount?
  package let gpuCount: Int
  /// Whether the GPU is declared but does not exist, for development. No GPU is requested from the engine.
  package let hasMockGPU: Bool
  /// False when cordoned: running work stays, no new work is placed.
  package let isSchedulable: Bool
  /// The account that its earnings belong to, without `account/`.
  package let owner: String
  /// How many jobs run at the same time.
  package let slots: Int
  /// Whether its engine runs without root.
  package let isRootless: Bool
  /// Takes only jobs that failed elsewhere.
  package let isOverflow: Bool

  /// - Parameter slots: Nil for as many as `cores`.
  package init(
    engine: EngineAddress?, labels: [String: String], cores: Int, memory: ByteCount, gpuMemory: ByteCount?,
    gpuCount: Int, hasMockGPU: Bool = false, isSchedulable: Bool, owner: String = "", slots: Int? = nil,
    isRootless: Bool = false, isOverflow: Bool = false
  ) {
    self.engine = engine
    self.labels = labels
    self.cores = cores
    self.memory = memory
    self.gpuMemory = gpuMemory
    self.gpuCount = gpuCount
    self.hasMockGPU = hasMockGPU
    self.isSchedulable = isSchedulable
    self.owner = owner
    self.slots = slots ?? cores
    self.isRootless = isRootless
    self.isOverflow = isOverflow
  }
}

/// Where a Docker engine listens.
package enum EngineAddress: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// The engine of `DOCKER_HOST`, or `/var/run/docker.sock`.
  case local
  case unix(path: String)
  case tcp(host: String, port: Int)

  package var description: String {
    switch self {
    case .local: "the local engine"
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port): "tcp://\(host):\(port)"
    }
  }

  package static func < (a: Self, b: Self) -> Bool { a.description < b.description }
}
