package import Model

/// A node as schedulers place work on it: what its manifest declares, what attempts use of it and what its
/// worker reported last.
package struct FleetNode: Hashable, Sendable, Codable {
  package var id: Int64
  package var name: String
  /// Name of the account that its earnings belong to.
  package var owner = ""
  package var labels: [String: String] = [:]
  /// Bytes of one GPU; 0 without GPUs.
  package var gpuMemory: Int64 = 0
  /// Bytes in use, one number for each GPU.
  package var gpuUsed: [Int64] = []
  /// Thousandths of a core.
  package var cores: Int64
  package var coresUsed: Int64 = 0
  /// Attempts that run at the same time.
  package var slots: Int
  package var slotsUsed = 0
  /// Bytes.
  package var memory: Int64
  package var isRootless = false
  package var isCordoned = false
  package var isOverflow = false
  /// The job types that its worker takes; nil: every one.
  package var jobTypes: Set<String>?
  /// Digests of the images on it.
  package var images: Set<String> = []
  package var canPull = false
  /// Nil: it never sent a heartbeat.
  package var lastHeartbeatAt: Timestamp?
  package var roundTripMicroseconds: Int64 = 0
  /// Micro-credits that it earned lately.
  package var earned: Int64 = 0

  package init(id: Int64, name: String, cores: Int64, slots: Int, memory: Int64) {
    self.id = id
    self.name = name
    self.cores = cores
    self.slots = slots
    self.memory = memory
  }

  /// A node as its manifest declares it: unused, without a heartbeat and with the id 0.
  package init(_ name: String, _ offer: ComputeOffer) {
    self.init(
      id: 0, name: name, cores: CoreCount(cores: offer.cores).thousandths, slots: offer.slots,
      memory: offer.memory.bytes)
    owner = offer.owner
    labels = offer.labels
    if let memory = offer.gpuMemory {
      gpuMemory = memory.bytes
      gpuUsed = Array(repeating: 0, count: offer.gpuCount)
    }
    isRootless = offer.isRootless
    isCordoned = !offer.isSchedulable
    isOverflow = offer.isOverflow
  }
}
