/// The capacity of a node that no attempt uses.
struct FreeCapacity: Hashable, Sendable {
  let slots: Int
  /// Thousandths of a core.
  let cores: Int64
  /// Bytes of the GPU with the most free memory; 0 without GPUs.
  let gpuMemory: Int64

  init(_ node: borrowing FleetNode) {
    slots = node.slots - node.slotsUsed
    cores = node.cores - node.coresUsed
    gpuMemory = node.gpuUsed.isEmpty ? 0 : node.gpuMemory - (node.gpuUsed.min() ?? 0)
  }

  func fits(cores: Int64, gpuMemory: Int64) -> Bool {
    slots > 0 && self.cores >= cores && (gpuMemory == 0 || self.gpuMemory >= gpuMemory)
  }
}
