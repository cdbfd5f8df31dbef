import JobModel
import Ledger
import Model
import Placement

/// Decides what becomes of proposals once the credits are held and the nodes are locked. Pure.
struct SubmitDecision {
  /// What is known under the locks.
  struct Facts {
    /// What the ledger did for each proposal.
    let holds: [Result<LedgerReceipt, LedgerError>]
    /// The locked nodes.
    let nodes: [Int64: FleetNode]
    let drainedPlaces: DrainedPlaces
    let time: Timestamp
  }

  /// For each proposal.
  private(set) var outcomes: [JobRepository.Submitted] = []
  private(set) var jobs: [NewJob] = []
  private(set) var attempts: [NewAttempt] = []
  /// The locked nodes with the new claims.
  private(set) var nodes: [Int64: FleetNode]
  private let drainedPlaces: DrainedPlaces

  init(_ proposals: [SubmitProposal], _ facts: Facts) {
    (nodes, drainedPlaces) = (facts.nodes, facts.drainedPlaces)
    for (proposal, hold) in zip(proposals, facts.holds) {
      switch hold {
      case .success(let receipt):
        outcomes.append(.success(store(proposal, hold: receipt.hold ?? 0, at: facts.time)))
      case .failure(let error):
        outcomes.append(.failure(JobError(error, of: proposal.order, proposal.terms.hold)))
      }
    }
  }

  /// The new jobs that wait.
  var waiting: [JobID] { jobs.filter { $0.job.state == .pending }.map(\.job.id) }

  private mutating func store(_ proposal: SubmitProposal, hold: Int64, at time: Timestamp) -> Job {
    let (order, module, terms) = (proposal.order, proposal.module, proposal.terms)
    let isDrained = drainedPlaces.contains(
      module: module.name, node: proposal.node.flatMap { nodes[$0]?.name } ?? "", image: module.image)
    let claim = isDrained ? nil : proposal.node.flatMap { nodes.claim($0, module.workNeeds) }
    let job = Job(
      id: proposal.submission.id, version: 1, creator: order.creator, module: module.name,
      image: module.image,
      input: order.input, units: order.units, unitPrice: module.unitPrice, held: terms.hold,
      cost: Credits(micro: 0), priority: order.priority, state: claim == nil ? .pending : .dispatched,
      reason: nil, output: nil, artefacts: [], isOverflow: false, submittedAt: time,
      deadline: time + terms.within, finishedAt: nil, attempts: [])
    jobs.append(
      NewJob(job: job, submission: proposal.submission, hold: hold, developer: module.developer))
    if let claim, let node = proposal.node {
      attempts.append(
        NewAttempt(
          id: AttemptID(job.id, 1), node: node, claim: claim,
          stopAt: JobTerms.stop(startingAt: time, paidFor: terms.paidTime, deadline: job.deadline),
          decision: proposal.decision))
    }
    return job
  }
}

extension JobError {
  /// Why the ledger refused to hold credits.
  init(_ error: LedgerError, of order: JobOrder, _ hold: Credits) {
    switch error.code {
    case .insufficientCredit:
      self.init(
        .insufficientCredit, "account/\(order.creator) has not \(hold) credits free",
        hint: "buy credits, order fewer units or set a smaller budget")
    case .unknownAccount:
      self.init(
        .unknownAccount, field: "creator", "there is no account/\(order.creator)",
        hint: "a purchase or `rendertrust credits grant` opens it")
    default: self.init(.invalid, error.message)
    }
  }
}
