import JobModel
import Model
import Placement

/// How an attempt ended.
enum AttemptEnd: Hashable {
  case succeeded
  /// - Parameter isFinal: the job would fail on every node.
  case failed(String, isFinal: Bool)
  /// Its lease expired without a report.
  case lost
  /// The platform ended it, for this reason.
  case preempted(String)

  /// Whether it counts against the node.
  var isFailure: Bool {
    switch self {
    case .failed, .lost: true
    case .succeeded, .preempted: false
    }
  }

  var state: AttemptState {
    switch self {
    case .succeeded: .succeeded
    case .failed: .failed
    case .lost: .lost
    case .preempted: .preempted
    }
  }
}

/// What becomes of a job when an attempt ends. Pure.
enum JobOutcome: Hashable {
  case over(JobState, reason: String?, cost: Credits)
  /// The job waits for another node.
  /// - Parameter escalates: for a node of the overflow pool.
  case retry(escalates: Bool)
  /// The job waits again at its old place. The attempt does not count as a failure.
  case requeue

  /// What is known when an attempt ends.
  struct Facts {
    var units: Int64
    var unitPrice: Credits?
    var held: Credits
    var doneUnits: Int64
    var usage: WorkUsage
    var cancelledBy: String?
    var isOverflow: Bool
    /// How many different nodes it failed on, this one included.
    var failedNodes: Int
    var stopAt: Timestamp
    var deadline: Timestamp
    var now: Timestamp
    var escalation: Escalation
    var rates: TimeRates?
  }

  static func of(_ end: AttemptEnd, _ facts: Facts) -> JobOutcome {
    if end == .succeeded { return .over(.succeeded, reason: nil, cost: facts.cost) }
    if let person = facts.cancelledBy {
      return .over(.cancelled, reason: "cancelled by \(person)", cost: facts.cost)
    }
    if facts.now >= facts.deadline { return failed("its deadline passed") }
    if facts.hasSpentAll {
      return .over(
        .failed, reason: "its \(facts.held) credits do not pay for more", cost: facts.cost)
    }
    switch end {
    case .failed(let reason, isFinal: true): return failed(reason)
    case .failed(let reason, isFinal: false): return retry(after: reason, facts)
    case .preempted: return .requeue
    case .succeeded, .lost: return retry(after: "the node sent no report until the lease expired", facts)
    }
  }

  private static func retry(after reason: String, _ facts: Facts) -> JobOutcome {
    if facts.isOverflow { return failed("failed on an overflow node too: \(reason)") }
    let escalation = facts.escalation
    guard facts.failedNodes >= escalation.settings.differentNodes else { return .retry(escalates: false) }
    if escalation.escalates(isOverflow: facts.isOverflow) { return .retry(escalates: true) }
    let nodes = "\(facts.failedNodes) different node\(facts.failedNodes == 1 ? "" : "s")"
    return failed("failed on \(nodes): \(reason)\(escalation.failureNote)")
  }

  private static func failed(_ reason: String) -> JobOutcome {
    .over(.failed, reason: reason, cost: Credits(micro: 0))
  }
}

extension JobOutcome.Facts {
  /// By units where they have a price, otherwise by time; at most what is held.
  var cost: Credits {
    guard let unitPrice else { return min(rates?.cost(of: usage) ?? Credits(micro: 0), held) }
    let (whole, overflow) = unitPrice.micro.multipliedReportingOverflow(by: min(max(doneUnits, 0), units))
    return overflow ? held : min(Credits(micro: whole), held)
  }

  /// Whether its credits do not pay for more work.
  var hasSpentAll: Bool {
    guard let unitPrice, unitPrice.micro > 0 else { return now >= stopAt && stopAt < deadline }
    return doneUnits < units && held.micro / unitPrice.micro <= doneUnits
  }

  /// Whether its worker must stop the attempt.
  var mustStop: Bool { cancelledBy != nil || now >= stopAt || hasSpentAll }
}
