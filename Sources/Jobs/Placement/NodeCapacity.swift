/// What of a node is free.
struct NodeCapacity: Hashable, Sendable {
  let slots: Int
  /// Thousandths.
  let cores: Int64
  /// Of the GPU that has most, in bytes; 0 without GPUs.
  let gpuMemory: Int64

  init(_ node: borrowing FleetNode) {
    slots = node.slots - node.slotsUsed
    cores = node.cores - node.coresUsed
    gpuMemory = node.gpuUsed.isEmpty ? 0 : node.gpuMemory - (node.gpuUsed.min() ?? 0)
  }

  /// Whether a job fits at the moment.
  func takes(cores: Int64, gpuMemory: Int64) -> Bool {
    slots > 0 && self.cores >= cores && (gpuMemory == 0 || self.gpuMemory >= gpuMemory)
  }
}
