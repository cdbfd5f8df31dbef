/// What an attempt takes of a node besides a slot.
package struct Claim: Hashable, Sendable {
  /// Which of its GPUs, from 0.
  package let gpu: Int?
  /// Bytes of that.
  package let gpuMemory: Int64
  /// Thousandths.
  package let cores: Int64

  package init(gpu: Int?, gpuMemory: Int64, cores: Int64) {
    self.gpu = gpu
    self.gpuMemory = gpuMemory
    self.cores = cores
  }
}

extension FleetNode {
  /// Takes what is needed, of the GPU that it fits best; nil, and nothing is taken, where something is short or the node
  /// takes no new work.
  mutating func claim(_ needs: WorkNeeds) -> Claim? {
    guard !isCordoned, slotsUsed < slots, cores - coresUsed >= needs.cores else { return nil }
    var gpu: Int?
    if needs.gpuMemory > 0 {
      let fitting = gpuUsed.indices.filter { gpuMemory - gpuUsed[$0] >= needs.gpuMemory }
      guard let best = fitting.max(by: { gpuUsed[$0] < gpuUsed[$1] }) else { return nil }
      gpuUsed[best] += needs.gpuMemory
      gpu = best
    }
    slotsUsed += 1
    coresUsed += needs.cores
    return Claim(gpu: gpu, gpuMemory: needs.gpuMemory, cores: needs.cores)
  }

  mutating func release(_ claim: Claim) {
    slotsUsed = max(slotsUsed - 1, 0)
    coresUsed = max(coresUsed - claim.cores, 0)
    if let gpu = claim.gpu, gpuUsed.indices.contains(gpu) {
      gpuUsed[gpu] = max(gpuUsed[gpu] - claim.gpuMemory, 0)
    }
  }
}
