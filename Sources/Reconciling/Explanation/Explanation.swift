package import Model

/// Why a resource has its status: a chain of causes that ends at the root cause, what happens next, and what
/// a person can do. Pure: follows from a snapshot and nothing else.
package struct Explanation: Hashable, Sendable {
  /// A cause for programs. `Link.message` is the sentence for people.
  package enum Cause: String, Sendable, CaseIterable {
    /// The resource is as declared.
    case ready
    /// A step failed.
    case stepFailed
    /// The outside system could not be observed.
    case notObserved
    /// The resource still differs after its steps were done.
    case notConverged
    /// The resource exists and works less well than declared.
    case unhealthy
    /// The resource becomes ready by itself.
    case starting
    /// Another resource comes first; the next link is about that one.
    case dependency
    /// Its kind waits for something that is not another resource.
    case waiting
    /// It is neither declared nor in the inventory, though another resource references it.
    case missing
    /// It is no longer declared and is removed unless the manifests change again.
    case pendingRemoval
    /// A guard does not allow its steps.
    case guarded
    /// It cannot be applied as it is written.
    case invalid
    /// Its manifest pauses reconciling.
    case paused
    /// It differs, and its manifest allows only reporting.
    case drifted
    /// A controller ended before it was done.
    case interrupted
    /// It was cancelled for a newer revision.
    case superseded
    /// A cancelled call to its system does not end.
    case stuck
    /// No controller has checked it since the newest revision was recorded.
    case unchecked = "notLookedAt"
    /// The newest revision is quarantined.
    case quarantined
    /// Another controller holds its lease and has not recorded its status.
    case heldElsewhere
  }

  package struct Link: Hashable, Sendable {
    package let id: ResourceID
    package let cause: Cause
    package let message: String
    /// When the cause began; nil when not known.
    package let since: Timestamp?
  }

  package enum Next: Hashable, Sendable {
    /// Nothing needs to happen.
    case nothing
    /// This step is running.
    case running(String, since: Timestamp)
    /// The step is retried at this time, after so many failures in a row.
    case retry(at: Timestamp, failures: Int)
    /// The resource continues as soon as this other one is done.
    case after(ResourceID)
    /// A running controller checks it again by itself.
    case check
    /// The resource is removed at this time, unless the manifests declare it again.
    case removal(at: Timestamp)
    /// Nothing happens until a person acts.
    case person
  }

  /// The explained resource first, the root cause last. Never empty.
  package let chain: [Link]
  package let next: Next
  /// What a person can do, the most useful first.
  package let advice: [String]

  package var root: Link { chain[chain.count - 1] }
  package var isReady: Bool { chain[0].cause == .ready }

  init(chain: [Link], next: Next, advice: [String]) {
    self.chain = chain
    self.next = next
    self.advice = advice
  }

  package init(of id: ResourceID, in snapshot: StatusSnapshot) {
    var chain: [Link] = []
    var visited: Set<ResourceID> = []
    var current: ResourceID? = id
    while let id = current, visited.insert(id).inserted {
      let (link, other) = snapshot.link(of: id)
      // A prerequisite may be ready by now. The wait then ends with the next check.
      guard chain.isEmpty || link.cause != .ready else { break }
      chain.append(link)
      current = other
    }
    let root = chain[chain.count - 1]
    self.chain = chain
    next = snapshot.next(of: chain)
    advice = snapshot.advice(on: root, referencedBy: chain.dropLast().last?.id)
  }
}

extension StatusSnapshot {
  /// The cause of one resource, and the other resource that it waits for.
  fileprivate func link(of id: ResourceID) -> (Explanation.Link, ResourceID?) {
    let isBehind = desired?[id] != nil && (statuses[id]?.revision ?? 0) < revision
    if let removal = removal(of: id) {
      let message = "the manifests no longer declare it: it is removed unless they declare it again"
      return (
        Explanation.Link(id: id, cause: .pendingRemoval, message: message, since: removal.since), nil
      )
    }
    if let link = linkWithoutStatus(of: id, isBehind: isBehind) { return (link, nil) }
    guard let status = statuses[id], let condition = status.headline, !isBehind || !status.isReady else {
      return (uncheckedLink(of: id), nil)
    }
    func link(_ cause: Explanation.Cause, _ message: String? = nil) -> Explanation.Link {
      Explanation.Link(
        id: id, cause: cause, message: message ?? condition.message, since: condition.since)
    }
    switch condition.type {
    case .ready: return (link(.ready), nil)
    case .drifted: return (link(.drifted), nil)
    case .degraded, .progressing:
      if condition.reason == .stepFailed {
        return (link(.stepFailed, failureMessage(of: id, condition)), nil)
      }
      return (link(Explanation.Cause(condition)), nil)
    case .blocked:
      switch condition.reason {
      case .guarded: return (link(.guarded), nil)
      case .invalid: return (link(.invalid), nil)
      case .paused: return (link(.paused), nil)
      default:
        let other = condition.waitsFor.first { $0 != id && !isDone($0) }
        return (link(other == nil ? .waiting : .dependency), other)
      }
    }
  }

  /// The cause of a resource that is quarantined, running or interrupted; nil when its status explains it.
  private func linkWithoutStatus(of id: ResourceID, isBehind: Bool) -> Explanation.Link? {
    if isBehind, let why = quarantined[revision] {
      return Explanation.Link(
        id: id, cause: .quarantined, message: "revision \(revision) is not applied by itself: \(why)",
        since: nil)
    }
    guard isBehind || statuses[id] == nil, let step = newestStep(of: id) else { return nil }
    if step.outcome == nil, holder != nil {
      return Explanation.Link(
        id: id, cause: .starting, message: "‘\(step.intent.summary)’ is running", since: step.intent.at)
    }
    guard step.outcome == nil || step.outcome == .interrupted else { return nil }
    return Explanation.Link(
      id: id, cause: .interrupted, message: "the controller ended while ‘\(step.intent.summary)’ was running",
      since: step.finishedAt ?? step.intent.at)
  }

  /// The cause of a resource that was not checked since the newest revision was recorded.
  private func uncheckedLink(of id: ResourceID) -> Explanation.Link {
    func link(_ cause: Explanation.Cause, _ message: String) -> Explanation.Link {
      Explanation.Link(id: id, cause: cause, message: message, since: nil)
    }
    guard desired?[id] != nil else { return link(.missing, "is neither declared nor in the inventory") }
    if let holder { return link(.heldElsewhere, "\(holder) holds its lease and has not recorded its status") }
    return link(.unchecked, "no controller has checked it since revision \(revision) was recorded")
  }

  /// The error of the failed step, with the step.
  private func failureMessage(of id: ResourceID, _ condition: Condition) -> String {
    let failed = steps(of: id).first { if case .failed? = $0.outcome { true } else { false } }
    guard let failed, failed.outcome?.message?.hasPrefix(condition.message) == true else {
      return condition.message
    }
    return "‘\(failed.intent.summary)’ failed: \(condition.message)"
  }

  /// Whether a resource is ready for the newest revision.
  private func isDone(_ id: ResourceID) -> Bool {
    guard let status = statuses[id] else { return false }
    return status.isReady && !(status.revision < revision && desired?[id] != nil)
  }
}

extension Explanation.Cause {
  /// The cause that a degraded or progressing condition reports.
  fileprivate init(_ condition: Condition) {
    switch condition.reason {
    case .stepFailed: self = .stepFailed
    case .notObserved: self = .notObserved
    case .notConverged: self = .notConverged
    case .stopped: self = .interrupted
    case .superseded: self = .superseded
    case .callDoesNotEnd: self = .stuck
    case .booksMissing: self = .guarded
    case .no, .asDeclared, .removed, .settling, .dependencyNotReady, .waiting, .guarded, .invalid, .paused,
      .drifted, .kind:
      self = condition.type == .degraded ? .unhealthy : .starting
    }
  }
}
