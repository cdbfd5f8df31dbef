import JobModel
import Ledger
import Model

/// Decides what becomes of waiting jobs that no longer wait. Pure.
struct PendingEndDecision {
  enum Cause: Hashable {
    /// - Parameter person: who cancelled them.
    case cancelled(by: String)
    case deadlinePassed
    /// They failed on every node that could run them.
    case unschedulable
    /// Their module left the manifests.
    /// - Parameter module: its name.
    case moduleRemoved(String)
  }

  /// A waiting job under its lock.
  struct PendingJob {
    let id: JobID
    /// Name of the account that pays.
    let account: String
    let hold: Int64
    let isOverflow: Bool
  }

  /// Jobs that go to the overflow pool.
  let escalated: [JobID]
  /// Jobs that are over.
  let ended: [JobID]
  /// Their state and its reason.
  let state: JobState
  let reason: String
  /// Frees what is held for the ended jobs.
  let ledgerCalls: [LedgerCall]

  init(_ jobs: [PendingJob], _ cause: Cause, _ escalation: Escalation) {
    let escalates = { (job: PendingJob) in
      cause == .unschedulable && escalation.escalates(isOverflow: job.isOverflow)
    }
    let ending = jobs.filter { !escalates($0) }
    escalated = jobs.filter(escalates).map(\.id)
    ended = ending.map(\.id)
    ledgerCalls = ending.map {
      LedgerCall(.void(hold: $0.hold), on: $0.account, key: "job/\($0.id)/void")
    }
    switch cause {
    case .cancelled(let person): (state, reason) = (.cancelled, "cancelled by \(person)")
    case .deadlinePassed: (state, reason) = (.failed, "its deadline passed while it waited")
    case .unschedulable:
      state = .failed
      reason = "it failed, and no other node could take it" + escalation.failureNote
    case .moduleRemoved(let module): (state, reason) = (.failed, "module \(module) was removed")
    }
  }
}
