import JobModel
import Model
import Placement

/// How an attempt ended.
enum AttemptEnd: Hashable {
  case succeeded
  /// - Parameter isFinal: no other node would fare better.
  case failed(String, isFinal: Bool)
  /// Its lease ended without a word.
  case lost

  var state: AttemptState {
    switch self {
    case .succeeded: .succeeded
    case .failed: .failed
    case .lost: .lost
    }
  }
}

/// What becomes of a job when an attempt ends. Pure.
enum JobVerdict: Hashable {
  case over(JobState, reason: String?, cost: Credits)
  /// It waits for another place, among the overflow nodes where it has failed on enough others.
  case again(escalated: Bool)

  /// What is known when it is judged.
  struct Facts {
    var units: Int64
    var unitPrice: Credits?
    var held: Credits
    var doneUnits: Int64
    var usage: WorkUsage
    var cancelledBy: String?
    var isOverflow: Bool
    /// Different nodes that it failed on, this one included.
    var failedNodes: Int
    var stopAt: Timestamp
    var deadline: Timestamp
    var now: Timestamp
    var settings: SchedulerSettings
    /// Whether there are nodes of the overflow pool.
    var hasOverflow: Bool
    var rates: TimeRates?
  }

  static func of(_ end: AttemptEnd, _ facts: Facts) -> JobVerdict {
    if end == .succeeded { return .over(.succeeded, reason: nil, cost: facts.cost) }
    if let person = facts.cancelledBy {
      return .over(.cancelled, reason: "cancelled by \(person)", cost: facts.cost)
    }
    if facts.now >= facts.deadline {
      return .over(.failed, reason: "its deadline passed", cost: Credits(micro: 0))
    }
    if facts.hasSpentAll {
      return .over(
        .failed, reason: "its \(facts.held) credits do not pay for more", cost: facts.cost)
    }
    let reason: String
    switch end {
    case .failed(let text, isFinal: true):
      return .over(.failed, reason: text, cost: Credits(micro: 0))
    case .failed(let text, isFinal: false): reason = text
    default: reason = "the node said nothing until the lease ended"
    }
    if facts.isOverflow {
      return .over(.failed, reason: "failed on an overflow node too: \(reason)", cost: Credits(micro: 0))
    }
    guard facts.failedNodes >= facts.settings.differentNodes else { return .again(escalated: false) }
    if facts.settings.escalates, facts.hasOverflow { return .again(escalated: true) }
    let nodes = "\(facts.failedNodes) different node\(facts.failedNodes == 1 ? "" : "s")"
    let rest = facts.settings.escalates ? "; there is no overflow node" : ""
    return .over(.failed, reason: "failed on \(nodes): \(reason)\(rest)", cost: Credits(micro: 0))
  }
}

extension JobVerdict.Facts {
  /// By units where they have a price, else by time; never more than what is held.
  var cost: Credits {
    guard let unitPrice else { return min(rates?.cost(of: usage) ?? Credits(micro: 0), held) }
    let (whole, overflow) = unitPrice.micro.multipliedReportingOverflow(by: min(max(doneUnits, 0), units))
    return overflow ? held : min(Credits(micro: whole), held)
  }

  /// Whether it may not go on because its credits would not pay for that.
  var hasSpentAll: Bool {
    guard let unitPrice, unitPrice.micro > 0 else { return now >= stopAt && stopAt < deadline }
    return doneUnits < units && held.micro / unitPrice.micro <= doneUnits
  }

  /// Whether its worker is to stop.
  var mustStop: Bool { cancelledBy != nil || now >= stopAt || hasSpentAll }
}
