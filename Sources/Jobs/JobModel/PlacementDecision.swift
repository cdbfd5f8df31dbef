/// The choice of a node for a job, with its reasons: how many nodes each filter removed, and the best
/// candidates.
package struct PlacementDecision: Hashable, Sendable {
  /// In the order in which they apply; a node counts for the first filter that removes it.
  package enum Filter: String, Hashable, Sendable, CaseIterable {
    /// The node is in the other pool: overflow or not.
    case pool
    case jobType, nodes, labels, sandbox, memory
    /// The idle node has too little.
    case gpuMemory, cores
    /// The node has not the image and cannot pull it.
    case image
    case cordoned
    /// Its last heartbeat is too old.
    case offline
    /// The job failed on the node before.
    case avoided
    /// The node has too little free capacity.
    case busy
    /// The module's containers on the node are about to be changed or removed.
    case draining
  }

  /// A node that no other node dominates in latency and earnings.
  package struct Candidate: Hashable, Sendable {
    package let node: Int64
    package let name: String
    /// Round trip, queue and start of a cold image, in microseconds.
    package let latency: Int64
    /// What it earned lately for each unit of its capacity, in parts per million of the greatest in the
    /// fleet. Less is better, which spreads work over the fleet.
    package let earnings: Int64
    /// The weighted sum of both, 0 to 1,000,000; the node with the least score is chosen, then the first by
    /// name.
    package let score: Int64

    package init(node: Int64, name: String, latency: Int64, earnings: Int64, score: Int64) {
      self.node = node
      self.name = name
      self.latency = latency
      self.earnings = earnings
      self.score = score
    }
  }

  /// The number of nodes in the fleet.
  package let nodes: Int
  /// How many nodes each filter removed; filters that removed none are absent.
  package let removed: [Filter: Int]
  /// The number of nodes that passed all filters.
  package let passed: Int
  /// The nodes on the Pareto frontier by score, the chosen one first, at most `shownLimit`.
  package let front: [Candidate]
  /// The number of nodes on the Pareto frontier.
  package let frontCount: Int

  package var chosen: Candidate? { front.first }
  package static let shownLimit = 5

  package init(nodes: Int, removed: [Filter: Int], passed: Int, front: [Candidate], frontCount: Int) {
    self.nodes = nodes
    self.removed = removed
    self.passed = passed
    self.front = front
    self.frontCount = frontCount
  }
}
