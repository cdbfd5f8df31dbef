package import Model

/// What an apply or a rollback came to, resource by resource. Pure: follows from what the engine did and found.
package struct ApplyReport: Sendable {
  /// What became of a resource, in one word for people and programs.
  package enum State: String, Sendable, CaseIterable {
    /// Its steps were done and it is as declared.
    case done
    case removed
    case unchanged
    case failed
    /// Not begun, because another resource was not done.
    case skipped
    /// A safety rule holds its steps back.
    case guarded
    /// Neither failed nor ready yet: it starts, or waits for something.
    case waiting
    /// Not begun or given up, because the command was stopped.
    case stopped
    /// Differs or rests as its manifest says: mode `observe` or `paused`.
    case left
    /// Left to a newer revision.
    case superseded
  }

  package struct Entry: Hashable, Sendable {
    package let id: ResourceID
    package let state: State
    /// A CamelCase word for programs, such as `StepFailed`; `Removed` for a removed resource, empty without a status.
    package let reason: String
    /// Why, for people; empty where the state says all.
    package let message: String
    /// The resource at the end of the chain of those that were not done.
    package let because: ResourceID?
  }

  package let environment: String
  /// Its number.
  package let revision: Int64
  /// Sorted by state, then by id; without what is unchanged.
  package let entries: [Entry]
  package let counts: [State: Int]

  package init(_ convergence: Engine.Convergence) {
    environment = convergence.revision.environment
    revision = convergence.revision.number
    let findings = convergence.findings
    let results = convergence.results
    let entries = findings.map { id, finding in
      ApplyReport.entry(id, finding, results, findings)
    }
    counts = Dictionary(entries.map { ($0.state, 1) }, uniquingKeysWith: +)
    self.entries = entries.filter { $0.state != .unchanged }.sorted {
      $0.state == $1.state ? $0.id < $1.id : $0.state.rank < $1.state.rank
    }
  }

  init(environment: String, revision: Int64, entries: [Entry], counts: [State: Int]) {
    self.environment = environment
    self.revision = revision
    self.entries = entries
    self.counts = counts
  }

  package func count(_ state: State) -> Int { counts[state] ?? 0 }

  /// 0: all is done. 1: something failed, or is not done. 4: nothing failed, and a guard holds something back.
  package var exitCode: Int32 {
    if count(.failed) + count(.stopped) > 0 { return 1 }
    if count(.guarded) > 0 { return 4 }
    return count(.skipped) + count(.waiting) + count(.superseded) > 0 ? 1 : 0
  }

  private static func entry(
    _ id: ResourceID, _ finding: ResourceFinding, _ results: [ResourceID: Executor.Result],
    _ findings: [ResourceID: ResourceFinding]
  ) -> Entry {
    let headline = finding.status.headline
    let state = Self.state(of: finding, results[id])
    let root = state == .skipped ? Self.root(of: id, results) : nil
    let message: String
    if let root {
      message =
        "because \(root) \(findings[root].map { Self.state(of: $0, results[root]).clause } ?? "is not done")"
    } else {
      message = [.done, .removed, .unchanged].contains(state) ? "" : headline?.message ?? ""
    }
    return Entry(
      id: id, state: state,
      reason: finding.isRemoved ? EventReason.removed.rawValue : headline?.reason.rawValue ?? "",
      message: message, because: root)
  }

  private static func state(of finding: ResourceFinding, _ result: Executor.Result?) -> State {
    if finding.isRemoved || finding.isSettling { return .removed }
    if finding.status.failures > 0 { return .failed }
    if finding.status.isReady { return result == .done ? .done : .unchanged }
    switch result {
    case .skipped: return .skipped
    case .cancelled: return .stopped
    case .superseded: return .superseded
    case .done, .failed, nil: break
    }
    if finding.status.mode != .enforce { return .left }
    switch finding.status.blockedReason {
    case .guarded: return .guarded
    case .invalid: return .failed
    default: return .waiting
    }
  }

  /// The first of a chain of skipped resources that was not skipped itself.
  private static func root(of id: ResourceID, _ results: [ResourceID: Executor.Result]) -> ResourceID {
    var current = id
    var seen: Set<ResourceID> = []
    while case .skipped(let other)? = results[current], seen.insert(current).inserted { current = other }
    return current
  }
}

extension ApplyReport.State {
  /// Good news first, what needs a person last, where people look.
  fileprivate var rank: Int {
    switch self {
    case .done: 0
    case .removed: 1
    case .unchanged: 2
    case .left: 3
    case .superseded: 4
    case .waiting: 5
    case .stopped: 6
    case .skipped: 7
    case .guarded: 8
    case .failed: 9
    }
  }

  /// As the end of a sentence about a resource.
  fileprivate var clause: String {
    switch self {
    case .done, .unchanged: "was not ready in time"
    case .removed: "is gone"
    case .failed: "failed"
    case .skipped, .waiting, .left: "is not done"
    case .guarded: "is blocked by a guard"
    case .stopped: "was stopped"
    case .superseded: "is left to a newer revision"
    }
  }
}
