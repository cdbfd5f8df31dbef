package import Model

extension StatusSnapshot {
  func next(of chain: [Explanation.Link]) -> Explanation.Next {
    let root = chain[chain.count - 1]
    for link in chain.reversed() {
      if let step = newestStep(of: link.id), step.outcome == nil, root.cause != .interrupted {
        return .running(step.intent.summary, since: step.intent.at)
      }
    }
    if root.cause == .pendingRemoval, let removal = removal(of: root.id) {
      return .removal(at: removal.dueAt)
    }
    if let status = statuses[root.id], let time = status.nextAttempt, status.failures > 0 {
      return .retry(at: time, failures: status.failures)
    }
    switch root.cause {
    case .ready, .drifted: return .nothing
    case .guarded, .invalid, .paused, .missing, .quarantined: return .person
    case .dependency: return .check
    case .stepFailed, .notObserved, .notConverged, .unhealthy, .starting, .waiting, .interrupted,
      .superseded, .stuck, .unchecked, .heldElsewhere, .pendingRemoval:
      return chain.count > 1 ? .after(root.id) : .check
    }
  }

  func advice(on root: Explanation.Link, referencedBy other: ResourceID?) -> [String] {
    let retry =
      "‘rendertrust apply’ retries at once; ‘rendertrust up’ and ‘rendertrust server’ retry by themselves"
    switch root.cause {
    case .ready, .starting, .superseded: return []
    case .stuck: return ["check what keeps its system busy: nothing else starts there before the call ends"]
    case .stepFailed:
      return ["fix what the message reports; \(retry)", "‘rendertrust rollback’ goes back a revision"]
    case .notObserved:
      return [
        "make its system answer: until it is observed, nothing is planned, changed or deleted there", retry,
      ]
    case .notConverged:
      return [
        "another program may change it too: ‘rendertrust diff \(root.id)’ shows what differs", retry,
      ]
    case .unhealthy: return ["check the resource itself: it is as declared and does not work well"]
    case .dependency, .waiting: return ["it continues by itself once that is done, while a controller runs"]
    case .missing:
      let path = other.flatMap { desired?[$0]?.references.first { $0.target == root.id }?.path }
      return [
        "declare \(root.id)"
          + (other.map { ", or remove it from \($0)\(path.map { " at \($0)" } ?? "")" } ?? "")
      ]
    case .pendingRemoval:
      return ["declare it again to keep it; ‘rendertrust apply’ removes it without waiting"]
    case .guarded: return ["allow it as the message says, or change the manifest"]
    case .invalid: return ["change its manifest as the message says"]
    case .paused: return ["set metadata.mode to enforce to continue"]
    case .drifted:
      return [
        "set metadata.mode to enforce to have it corrected; ‘rendertrust diff \(root.id)’ shows what differs"
      ]
    case .interrupted: return ["the next pass observes the resource and continues from there: \(retry)"]
    case .unchecked: return ["start a controller: \(retry)"]
    case .quarantined: return ["commit a corrected revision; it is applied without a further step"]
    case .heldElsewhere:
      return ["check that controller; another one takes over by itself when it has ended"]
    }
  }
}

extension StatusSnapshot {
  /// The pending removal of a resource; nil when it stays.
  func removal(of id: ResourceID) -> PendingRemoval? {
    pendingRemovals.first { $0.id == id && $0.dueAt > now }
  }
}

extension Explanation.Next {
  /// Such as `failed 2 times in a row; next try in 4s, at …`.
  package func sentence(now: Timestamp) -> String {
    switch self {
    case .nothing: "nothing needs to happen"
    case .running(let step, let since): "‘\(step)’ has been running since \(since)"
    case .retry(let time, let failures):
      "failed \(failures) time\(failures == 1 ? "" : "s") in a row; "
        + (time > now
          ? "next try in \(((time - now).milliseconds + 999) / 1000)s, at \(time)"
          : "the next try is due now")
    case .after(let id): "continues as soon as \(id) is done"
    case .check: "checked again at the next resync, or when what it waits for changes"
    case .removal(let time):
      "removed in \(PendingRemoval.seconds(until: time, now: now)), unless the manifests declare it again"
    case .person: "nothing happens until a person acts"
    }
  }
}
