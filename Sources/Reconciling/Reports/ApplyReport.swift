package import Model

/// The result of an apply or a rollback for each resource. Pure: follows from the engine's results and
/// findings.
package struct ApplyReport: Sendable {
  /// The result of a resource in one word, for people and programs.
  package enum State: String, Sendable, CaseIterable {
    /// Its steps were done and it is as declared.
    case done
    case removed
    case unchanged
    case failed
    /// Not started, because another resource was not done.
    case skipped
    /// A guard blocks its steps.
    case guarded
    /// Neither failed nor ready: it starts, or waits for something.
    case waiting
    /// Not started or cancelled, because the command was stopped.
    case stopped
    /// Not changed, because its mode is `observe` or `paused`.
    case left
    /// Not done, because a newer revision replaced this one.
    case superseded
  }

  package struct Entry: Hashable, Sendable {
    package let id: ResourceID
    package let state: State
    /// A CamelCase word for programs, such as `StepFailed`; `Removed` for a removed resource, empty without a
    /// status.
    package let reason: String
    /// The cause for people; empty for states that need none.
    package let message: String
    /// The root cause of a skipped resource: the resource that was not done.
    package let because: ResourceID?
  }

  package let environment: String
  /// The number of the revision.
  package let revision: Int64
  /// Sorted by state, then by id. Unchanged resources are left out.
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

  /// 0: everything is done. 1: a resource failed or is not done. 4: nothing failed, and a guard blocks a
  /// resource.
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
    if finding.status.isGuarded { return .guarded }
    return finding.status.blockedReason == .invalid ? .failed : .waiting
  }

  /// The first resource in a chain of skipped ones that was not skipped itself.
  private static func root(of id: ResourceID, _ results: [ResourceID: Executor.Result]) -> ResourceID {
    var current = id
    var seen: Set<ResourceID> = []
    while case .skipped(let other)? = results[current], seen.insert(current).inserted { current = other }
    return current
  }
}

extension ApplyReport.State {
  /// The order of output: what needs a person comes last, where people see it first.
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
    case .superseded: "was replaced by a newer revision"
    }
  }
}
