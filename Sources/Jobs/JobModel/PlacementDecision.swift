/// Where a job goes, and why: what each filter removed, and who was left to choose from.
package struct PlacementDecision: Hashable, Sendable {
  /// In the order in which they are asked; a node counts for the first that removes it.
  package enum Filter: String, Hashable, Sendable, CaseIterable {
    /// Of the other pool: overflow or not.
    case pool
    case jobType, nodes, labels, sandbox, memory
    /// More than the machine has, even when it is idle.
    case gpuMemory, cores
    /// The image is neither there nor can it be pulled.
    case image
    case cordoned
    /// Its last heartbeat is too old.
    case offline
    /// The job failed there.
    case avoided
    /// All of it is taken at the moment.
    case busy
  }

  /// A node that no other beats in both latency and earnings.
  package struct Candidate: Hashable, Sendable {
    package let node: Int64
    package let name: String
    /// Round trip, queue ahead and start of a cold image, in microseconds.
    package let latency: Int64
    /// What it earned lately for each unit of what it could; parts per million of the greatest in the fleet. Less is more
    /// deserving.
    package let earnings: Int64
    /// The weighted sum by which the choice is made, 0 to 1,000,000; the least is chosen, then the first by name.
    package let score: Int64

    package init(node: Int64, name: String, latency: Int64, earnings: Int64, score: Int64) {
      self.node = node
      self.name = name
      self.latency = latency
      self.earnings = earnings
      self.score = score
    }
  }

  /// Nodes of the fleet when it was made.
  package let nodes: Int
  /// How many nodes each filter removed; those that removed none are left out.
  package let removed: [Filter: Int]
  /// Nodes that passed all filters.
  package let passed: Int
  /// By score, at most `PlacementDecision.shown` of them, the chosen one first.
  package let front: [Candidate]
  package let frontCount: Int

  package var chosen: Candidate? { front.first }
  package static let shown = 5

  package init(nodes: Int, removed: [Filter: Int], passed: Int, front: [Candidate], frontCount: Int) {
    self.nodes = nodes
    self.removed = removed
    self.passed = passed
    self.front = front
    self.frontCount = frontCount
  }
}
