package import Model

/// One node as the scheduler knows it: what it is, what it has given, what it said last.
package struct FleetNode: Hashable, Sendable {
  package var id: Int64
  package var name: String
  package var labels: [String: String] = [:]
  /// Bytes of one GPU; 0 without.
  package var gpuMemory: Int64 = 0
  /// Bytes that are taken, one number for each GPU.
  package var gpuUsed: [Int64] = []
  /// Thousandths.
  package var cores: Int64
  package var coresUsed: Int64 = 0
  /// Jobs at once.
  package var slots: Int
  package var slotsUsed = 0
  package var memory: Int64
  package var isRootless = false
  package var isCordoned = false
  package var isOverflow = false
  /// What its worker takes; nil: everything.
  package var jobTypes: Set<String>?
  /// Digests of the images that are there.
  package var images: Set<String> = []
  package var canPull = false
  /// Nil: it never said anything.
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
}
