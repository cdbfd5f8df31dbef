import JobModel
import Model
import Placement

/// Decides which proposals become attempts once the jobs and nodes are locked. Pure.
struct DispatchDecision {
  /// What is known under the locks.
  struct Facts {
    /// The number of attempts of each job that still waits; absent: another process has the job.
    let attempts: [JobID: Int]
    /// The locked nodes.
    let nodes: [Int64: FleetNode]
    let drainedPlaces: DrainedPlaces
    let time: Timestamp
    let rates: TimeRates?
  }

  private(set) var attempts: [NewAttempt] = []
  /// Digest of the image that each attempt runs.
  private(set) var images: [String] = []
  /// The locked nodes with the new claims.
  private(set) var nodes: [Int64: FleetNode]

  var jobs: [JobID] { attempts.map(\.id.job) }

  init(_ proposals: [DispatchProposal], _ facts: Facts) {
    nodes = facts.nodes
    for proposal in proposals {
      guard let earlier = facts.attempts[proposal.job.id],
        !facts.drainedPlaces.contains(
          module: proposal.job.module, node: nodes[proposal.node]?.name ?? "", image: proposal.needs.image),
        let claim = nodes.claim(proposal.node, proposal.needs)
      else { continue }
      let paid =
        proposal.isPaidByTime
        ? facts.rates?.time(for: proposal.job.held, usesGPU: proposal.needs.gpuMemory > 0) : nil
      attempts.append(
        NewAttempt(
          id: AttemptID(proposal.job.id, earlier + 1), node: proposal.node, claim: claim,
          stopAt: JobTerms.stop(startingAt: facts.time, paidFor: paid, deadline: proposal.job.deadline),
          decision: proposal.decision))
      images.append(proposal.needs.image)
    }
  }
}
