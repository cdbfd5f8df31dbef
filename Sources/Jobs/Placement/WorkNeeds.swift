package import Model

/// What a job needs of a node.
package struct WorkNeeds: Hashable, Sendable {
  package var jobType: String
  /// Digest of the module's image, 64 hexadecimal digits.
  package var image: String
  package var compute: ComputeNeeds
  /// Whether the job goes to the overflow pool, or to the nodes outside of it.
  package var isOverflow = false
  /// Ids of nodes that the job failed on; it does not go there again.
  package var avoided: [Int64] = []
  /// Ids of nodes whose container of the module drains.
  package var draining: [Int64] = []

  package init(jobType: String, image: String, compute: ComputeNeeds = ComputeNeeds()) {
    self.jobType = jobType
    self.image = image
    self.compute = compute
  }

  /// Bytes of one GPU that an attempt claims; 0: it uses none.
  package var gpuMemory: Int64 { compute.gpuMemory?.bytes ?? 0 }
  /// Thousandths of a core that an attempt claims.
  package var cores: Int64 { compute.cores?.thousandths ?? 0 }
}
