/// What an attempt uses of a node, besides one slot.
package struct Claim: Hashable, Sendable {
  /// The index of the GPU, from 0; nil: none.
  package let gpu: Int?
  /// Bytes of that GPU.
  package let gpuMemory: Int64
  /// Thousandths of a core.
  package let cores: Int64

  package init(gpu: Int?, gpuMemory: Int64, cores: Int64) {
    self.gpu = gpu
    self.gpuMemory = gpuMemory
    self.cores = cores
  }
}

extension FleetNode {
  /// Takes a slot and what the work needs. Of the GPUs with enough free memory it takes the one with the
  /// least, then the first. Returns nil, and changes nothing, where the free capacity is too small.
  package mutating func claim(_ needs: WorkNeeds) -> Claim? {
    let (cores, memory) = (needs.cores, needs.gpuMemory)
    guard FreeCapacity(self).fits(cores: cores, gpuMemory: memory) else { return nil }
    var gpu: Int?
    if memory > 0 {
      gpu = gpuUsed.indices.filter { gpuMemory - gpuUsed[$0] >= memory }
        .max { (gpuUsed[$0], $1) < (gpuUsed[$1], $0) }
      guard let gpu else { return nil }
      gpuUsed[gpu] += memory
    }
    slotsUsed += 1
    coresUsed += cores
    return Claim(gpu: gpu, gpuMemory: memory, cores: cores)
  }

  /// Reverses `claim`; no figure falls below 0.
  package mutating func release(_ claim: Claim) {
    slotsUsed = max(slotsUsed - 1, 0)
    coresUsed = max(coresUsed - claim.cores, 0)
    if let gpu = claim.gpu, gpuUsed.indices.contains(gpu) {
      gpuUsed[gpu] = max(gpuUsed[gpu] - claim.gpuMemory, 0)
    }
  }
}
