package import Model

extension StatusSnapshot {
  func next(of chain: [Explanation.Link]) -> Explanation.Next {
    let root = chain[chain.count - 1]
    for link in chain.reversed() {
      if let step = steps(of: link.id).first(where: { _ in true }), step.outcome == nil,
        root.cause != .interrupted
      {
        return .underWay(step.intent.summary, since: step.intent.at)
      }
    }
    if let status = statuses[root.id], let time = status.nextAttempt, status.failures > 0 {
      return .retry(at: time, failures: status.failures)
    }
    switch root.cause {
    case .ready, .drifted: return .nothing
    case .guarded, .invalid, .paused, .missing, .quarantined: return .person
    case .dependency: return .look
    case .stepFailed, .notObserved, .notConverged, .unhealthy, .starting, .waiting, .interrupted,
      .superseded, .stuck, .notLookedAt, .heldElsewhere:
      return chain.count > 1 ? .after(root.id) : .look
    }
  }

  func advice(on root: Explanation.Link, referredBy other: ResourceID?) -> [String] {
    let atOnce =
      "‘rendertrust apply’ tries at once; ‘rendertrust up’ and ‘rendertrust server’ try by themselves"
    switch root.cause {
    case .ready, .starting, .superseded: return []
    case .stuck: return ["see what keeps its system busy: nothing else is begun there before the call ends"]
    case .stepFailed:
      return ["mend what the message says; \(atOnce)", "‘rendertrust rollback’ goes back a revision"]
    case .notObserved:
      return [
        "make its system answer: until it was seen nothing is planned, changed or deleted there", atOnce,
      ]
    case .notConverged:
      return ["something else may change it too: ‘rendertrust diff \(root.id)’ shows what differs", atOnce]
    case .unhealthy: return ["look at the thing itself: it is as declared, and does not do well"]
    case .dependency, .waiting: return ["it goes on by itself once that is so, while a controller runs"]
    case .missing:
      let path = other.flatMap { desired?[$0]?.references.first { $0.target == root.id }?.path }
      return [
        "declare \(root.id)"
          + (other.map { ", or take it out of \($0)\(path.map { " at \($0)" } ?? "")" } ?? "")
      ]
    case .guarded: return ["allow it as the message says, or change the manifest"]
    case .invalid: return ["change its manifest as the message says"]
    case .paused: return ["set metadata.mode to enforce to go on"]
    case .drifted:
      return ["set metadata.mode to enforce to have it mended; ‘rendertrust diff \(root.id)’ shows more"]
    case .interrupted: return ["the next pass looks at the world and goes on from there: \(atOnce)"]
    case .notLookedAt: return ["start a controller: \(atOnce)"]
    case .quarantined: return ["commit a better revision; it is applied with no further step"]
    case .heldElsewhere: return ["look there; another controller takes over by itself when that one is gone"]
    }
  }
}

extension Explanation.Next {
  /// `failed twice in a row; next try in 4s, at …`
  package func sentence(now: Timestamp) -> String {
    switch self {
    case .nothing: "nothing has to happen"
    case .underWay(let step, let since): "‘\(step)’ is under way since \(since)"
    case .retry(let time, let failures):
      "failed \(failures) time\(failures == 1 ? "" : "s") in a row; "
        + (time > now
          ? "next try in \(((time - now).milliseconds + 999) / 1000)s, at \(time)"
          : "the next try is due now")
    case .after(let id): "goes on as soon as \(id) is done"
    case .look: "looked at again at the next resync, or when what it waits for changes"
    case .person: "nothing happens before a person acts"
    }
  }
}
