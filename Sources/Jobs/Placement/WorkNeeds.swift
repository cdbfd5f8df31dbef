/// What a job asks of a node.
package struct WorkNeeds: Hashable, Sendable {
  package var jobType: String
  /// Digest of the module's image, 64 hexadecimal digits.
  package var image: String
  /// Bytes of one GPU; 0: none is used.
  package var gpuMemory: Int64 = 0
  /// Thousandths of a core.
  package var cores: Int64 = 0
  /// Bytes that the machine must have; not claimed.
  package var memory: Int64 = 0
  /// Whether containers must run without root.
  package var isRootless = false
  package var labels: [String: String] = [:]
  /// Only these; empty: any.
  package var nodes: Set<String> = []
  /// Whether it goes to nodes of the overflow pool, or to all others.
  package var isOverflow = false
  /// Nodes that it failed on, which it does not go to again.
  package var avoided: [Int64] = []

  package init(jobType: String, image: String) {
    self.jobType = jobType
    self.image = image
  }
}
