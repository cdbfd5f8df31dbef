package import Model

/// A node as operators see it: what it is, what attempts use of it and what its worker reported last. Memory
/// is in bytes, cores are in thousandths.
package struct NodeStatus: Hashable, Sendable {
  package var id: Int64
  package var name: String
  /// Name of the account that its earnings belong to.
  package var owner: String
  package var labels: [String: String] = [:]
  /// Of one GPU; 0 without GPUs.
  package var gpuMemory: Int64 = 0
  /// Memory in use, one number for each GPU.
  package var gpuUsed: [Int64] = []
  package var cores: Int64
  package var coresUsed: Int64 = 0
  /// Attempts that run at the same time.
  package var slots: Int
  package var slotsUsed = 0
  package var memory: Int64
  package var isRootless = false
  package var isOverflow = false
  /// Whether an operator cordoned it.
  package var isCordonedByOperator = false
  /// Whether it takes no new work: by its manifest, by an operator, or because it left the manifests.
  package var isCordoned = false
  /// Whether its last heartbeat is recent enough to take work.
  package var isOnline = false
  /// Nil: it never sent a heartbeat.
  package var lastHeartbeatAt: Timestamp?
  package var roundTripMicroseconds: Int64 = 0
  /// The job types that its worker takes; nil: every one.
  package var jobTypes: Set<String>?
  /// Digests of the images on it.
  package var images: Set<String> = []
  package var canPull = false
  /// Micro-credits that it earned lately.
  package var earned: Int64 = 0
  /// Temperatures and the like, as its worker reported them.
  package var report: Value?

  package init(id: Int64, name: String, owner: String, cores: Int64, slots: Int, memory: Int64) {
    self.id = id
    self.name = name
    self.owner = owner
    self.cores = cores
    self.slots = slots
    self.memory = memory
  }
}
