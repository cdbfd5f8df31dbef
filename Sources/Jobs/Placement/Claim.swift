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
  /// Takes what is needed: of the GPUs with room the one with least, then the first. Nil, and nothing is taken, where
  /// something is short.
  package mutating func claim(_ needs: WorkNeeds) -> Claim? {
    guard NodeCapacity(self).takes(cores: needs.cores, gpuMemory: needs.gpuMemory) else { return nil }
    var gpu: Int?
    if needs.gpuMemory > 0 {
      gpu = gpuUsed.indices.filter { gpuMemory - gpuUsed[$0] >= needs.gpuMemory }
        .max { (gpuUsed[$0], $1) < (gpuUsed[$1], $0) }
      guard let gpu else { return nil }
      gpuUsed[gpu] += needs.gpuMemory
    }
    slotsUsed += 1
    coresUsed += needs.cores
    return Claim(gpu: gpu, gpuMemory: needs.gpuMemory, cores: needs.cores)
  }

  /// Nothing falls below 0.
  package mutating func release(_ claim: Claim) {
    slotsUsed = max(slotsUsed - 1, 0)
    coresUsed = max(coresUsed - claim.cores, 0)
    if let gpu = claim.gpu, gpuUsed.indices.contains(gpu) {
      gpuUsed[gpu] = max(gpuUsed[gpu] - claim.gpuMemory, 0)
    }
  }
}
