import JobModel
import Model
import Placement

/// A queued job and the node that it would go to.
struct DispatchProposal {
  let job: QueuedJob
  let needs: WorkNeeds
  let decision: PlacementDecision
  let node: Int64
  /// What was claimed in the fleet cache.
  let claim: Claim
  /// Whether the job is paid by time.
  let isPaidByTime: Bool
}

extension FleetState {
  /// Chooses nodes for queued jobs, one after the other, and claims their capacity.
  /// - Parameter now: the time by this process's clock.
  /// - Returns: also the jobs that no node will ever run.
  mutating func propose(_ jobs: [QueuedJob], now: Timestamp)
    -> (proposals: [DispatchProposal], unschedulable: [JobID])
  {
    var proposals: [DispatchProposal] = []
    var unschedulable: [JobID] = []
    // Needs that no node has the free capacity for; the next job with the same needs waits without a search.
    var exhausted: Set<WorkNeeds> = []
    for job in jobs {
      guard let module = modules[job.module] else { continue }
      let needs = needs(of: module, isOverflow: job.isOverflow, avoiding: job.failedNodes)
      guard !exhausted.contains(needs) else { continue }
      let decision = select(needs, at: now)
      guard let chosen = decision.chosen, let claim = fleet.claim(chosen.node, needs) else {
        if decision.isUnschedulable(for: needs) {
          unschedulable.append(job.id)
        } else {
          exhausted.insert(needs)
          if needs == self.needs(of: module) { cursor.recordWaiting(for: module.name) }
        }
        continue
      }
      proposals.append(
        DispatchProposal(
          job: job, needs: needs, decision: decision, node: chosen.node, claim: claim,
          isPaidByTime: module.unitPrice == nil))
    }
    return (proposals, unschedulable)
  }

  mutating func release(_ proposals: [DispatchProposal]) {
    for proposal in proposals { fleet.release(proposal.node, proposal.claim) }
  }
}

extension PlacementDecision {
  /// Whether no node will run the job however long it waits: it failed on every node that could.
  func isUnschedulable(for needs: WorkNeeds) -> Bool {
    guard !needs.avoided.isEmpty, passed == 0, removed[.avoided, default: 0] > 0 else { return false }
    return [Filter.cordoned, .offline, .busy, .image, .draining].allSatisfy { removed[$0, default: 0] == 0 }
  }
}
