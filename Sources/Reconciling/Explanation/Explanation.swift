package import Model

/// Why a resource is as it is: a chain of causes that ends at the one to mend, what happens next, and what a person
/// can do. Pure: follows from what is remembered, and from nothing else.
package struct Explanation: Hashable, Sendable {
  /// A word for programs. Each has its sentence for people in `Link.message`.
  package enum Cause: String, Sendable, CaseIterable {
    /// It is as declared.
    case ready
    /// A step failed.
    case stepFailed
    /// Its outside system could not be seen.
    case notObserved
    /// It still differs after its steps were done.
    case notConverged
    /// It is there and works less well than declared.
    case unhealthy
    /// It becomes ready by itself.
    case starting
    /// Another resource comes first; the next link says how that is.
    case dependency
    /// Its kind waits for something that is no other resource.
    case waiting
    /// Neither declared nor there, though something refers to it.
    case missing
    /// A safety rule holds its steps back.
    case guarded
    /// It cannot be done as it is written.
    case invalid
    /// Its manifest says so.
    case paused
    /// It differs, and its manifest says that this is only reported.
    case drifted
    /// A controller ended before it was done.
    case interrupted
    /// It was given up for a newer revision.
    case superseded
    /// A call to its system was given up and does not end.
    case stuck
    /// Nobody has looked at it since the newest revision came.
    case notLookedAt
    /// The revision that wants it is held back after a rollback.
    case quarantined
    /// Another controller has the environment, and has not told how it is.
    case heldElsewhere
  }

  package struct Link: Hashable, Sendable {
    package let id: ResourceID
    package let cause: Cause
    package let message: String
    /// Since when it is so; nil where that is not known.
    package let since: Timestamp?
  }

  package enum Next: Hashable, Sendable {
    /// Nothing has to.
    case nothing
    /// This step is being executed.
    case underWay(String, since: Timestamp)
    /// It failed so often in a row and is tried again then.
    case retry(at: Timestamp, failures: Int)
    /// It goes on as soon as this resource is done.
    case after(ResourceID)
    /// A running controller looks again by itself, soon.
    case look
    /// Nothing happens before a person acts.
    case person
  }

  /// The resource asked about first, the root cause last; never empty.
  package let chain: [Link]
  package let next: Next
  /// What a person can do, most useful first.
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
    var seen: Set<ResourceID> = []
    var current: ResourceID? = id
    while let id = current, seen.insert(id).inserted {
      let (link, other) = snapshot.link(of: id, referredBy: chain.last?.id)
      // What was waited for may be ready by now: then the wait ends with the next look.
      guard chain.isEmpty || link.cause != .ready else { break }
      chain.append(link)
      current = other
    }
    let root = chain[chain.count - 1]
    self.chain = chain
    next = snapshot.next(of: chain)
    advice = snapshot.advice(on: root, referredBy: chain.dropLast().last?.id)
  }
}

extension StatusSnapshot {
  /// How one resource is, and which other it waits for.
  fileprivate func link(of id: ResourceID, referredBy other: ResourceID?) -> (Explanation.Link, ResourceID?) {
    func link(_ cause: Explanation.Cause, _ message: String, since: Timestamp? = nil) -> Explanation.Link {
      Explanation.Link(id: id, cause: cause, message: message, since: since)
    }
    let isBehind = desired?[id] != nil && (statuses[id]?.revision ?? 0) < revision
    let last = steps(of: id).first { _ in true }
    let wasCutOff = last.map { $0.outcome == nil || $0.outcome == .interrupted }
    if isBehind, let why = quarantined[revision] {
      return (link(.quarantined, "revision \(revision) is not applied by itself: \(why)"), nil)
    }
    if isBehind || statuses[id] == nil, let last, last.outcome == nil, holder != nil {
      return (link(.starting, "‘\(last.intent.summary)’ is under way", since: last.intent.at), nil)
    }
    if isBehind || statuses[id] == nil, wasCutOff == true,
      let step = steps(of: id).first(where: { _ in true })
    {
      let message = "the controller ended while ‘\(step.intent.summary)’ was under way"
      return (link(.interrupted, message, since: step.finishedAt ?? step.intent.at), nil)
    }
    guard let status = statuses[id], let condition = status.headline, !isBehind || !status.isReady else {
      guard desired?[id] != nil else { return (link(.missing, "is neither declared nor there"), nil) }
      if let holder {
        return (link(.heldElsewhere, "\(holder) has the lease of it and has not told how it is"), nil)
      }
      return (link(.notLookedAt, "nobody has looked at it since revision \(revision) came"), nil)
    }
    let message = condition.message
    func told(_ cause: Explanation.Cause, _ text: String? = nil) -> Explanation.Link {
      link(cause, text ?? message, since: condition.since)
    }
    switch (condition.type, condition.reason) {
    case (.ready, _): return (told(.ready), nil)
    case (.degraded, "StepFailed"): return (told(.stepFailed, failure(of: id, message)), nil)
    case (.degraded, "NotObserved"): return (told(.notObserved), nil)
    case (.degraded, "NotConverged"): return (told(.notConverged), nil)
    case (.degraded, _): return (told(.unhealthy), nil)
    case (.drifted, _): return (told(.drifted), nil)
    case (.progressing, "Stopped"): return (told(.interrupted), nil)
    case (.progressing, "Superseded"): return (told(.superseded), nil)
    case (.progressing, "CallDoesNotEnd"): return (told(.stuck), nil)
    case (.progressing, _): return (told(.starting), nil)
    case (.blocked, "Guarded"): return (told(.guarded), nil)
    case (.blocked, "Invalid"): return (told(.invalid), nil)
    case (.blocked, "Paused"): return (told(.paused), nil)
    case (.blocked, "Quarantined"): return (told(.quarantined), nil)
    case (.blocked, "HeldElsewhere"): return (told(.heldElsewhere), nil)
    case (.blocked, _):
      let other = mentioned(in: message, by: id)
      return (told(other == nil ? .waiting : .dependency), other)
    }
  }

  /// The error with the step that it belongs to.
  private func failure(of id: ResourceID, _ message: String) -> String {
    let failed = steps(of: id).first { if case .failed = $0.outcome { true } else { false } }
    guard let failed, case .failed(let error)? = failed.outcome, error == message else { return message }
    return "‘\(failed.intent.summary)’ failed: \(message)"
  }

  /// The first resource that a text names and that is not ready itself.
  private func mentioned(in text: String, by id: ResourceID) -> ResourceID? {
    let words = text.split { !($0.isLetter || $0.isNumber || "/._-".contains($0)) }
    return words.lazy.compactMap { word in
      ResourceID(String(word.last == "." ? word.dropLast() : word))
    }.first { other in
      guard other != id, other.kind.first?.isUppercase == true else { return false }
      guard let status = statuses[other] else { return true }
      return !status.isReady || status.revision < revision && desired?[other] != nil
    }
  }
}
