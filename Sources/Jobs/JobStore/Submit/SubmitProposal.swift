import JobModel
import Ledger
import Model
import Placement

/// A new order that may be stored: its terms, and the node that it would go to.
struct SubmitProposal {
  /// The index of the submission in its batch.
  let index: Int
  let submission: Submission
  let module: FleetModule
  let terms: JobTerms
  let decision: PlacementDecision
  /// What was claimed in the fleet cache; nil: the job waits.
  let claim: Claim?

  var order: JobOrder { submission.order }
  var node: Int64? { claim == nil ? nil : decision.chosen?.node }

  /// Holds the job's credits.
  var ledgerCall: LedgerCall {
    LedgerCall(
      .hold(
        terms.hold, job: submission.id.text, lifetime: terms.within + JobTerms.grace),
      on: order.creator, key: "job/\(submission.id)/\(submission.nonce)")
  }
}

extension FleetState {
  /// Chooses a node for a new order and claims its capacity, unless jobs of its module wait already.
  /// - Parameters:
  ///   - index: the index of the submission in its batch.
  ///   - now: the time by this process's clock.
  mutating func propose(_ submission: Submission, at index: Int, now: Timestamp)
    -> Result<SubmitProposal, JobError>
  {
    guard hasScheduler else { return .failure(JobError(.unavailable, "no Scheduler is declared yet")) }
    guard let module = modules[submission.order.module] else {
      let names = modules.keys.sorted().joined(separator: ", ")
      return .failure(
        JobError(
          .unknownModule, field: "module", "there is no module ‘\(submission.order.module)’",
          hint: names.isEmpty ? nil : "there are \(names)"))
    }
    return JobTerms.of(submission.order, module, settings, rates).map { terms in
      let needs = needs(of: module)
      let decision = select(needs, at: now)
      var claim: Claim?
      if let chosen = decision.chosen, !isBacklogged(module.name) {
        claim = fleet.claim(chosen.node, needs)
      }
      return SubmitProposal(
        index: index, submission: submission, module: module, terms: terms, decision: decision, claim: claim)
    }
  }

  mutating func release(_ proposals: [SubmitProposal]) {
    for proposal in proposals {
      if let node = proposal.node, let claim = proposal.claim { fleet.release(node, claim) }
    }
  }
}
