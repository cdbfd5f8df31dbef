import JobModel
import Model
import Planning

// What is told of a job while somebody watches it.
extension JobText {
  /// Lines for what is new since `before`; nil: since nothing was told of it yet.
  func news(of job: Job, since before: Job?) -> [String] {
    var lines: [String] = []
    let known = Dictionary(
      (before?.attempts ?? []).map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    for attempt in job.attempts {
      let old = known[attempt.number]
      if old == nil, attempt.state == .dispatched || attempt.state.isFailure {
        lines.append("\(style.dim("·")) given to \(attempt.node)")
      }
      if old?.startedAt == nil, attempt.startedAt != nil, attempt.state == .running {
        lines.append("\(style.dim("·")) running on \(attempt.node)")
      }
      if attempt.state == .running, let said = progress(attempt, of: job),
        old.flatMap({ progress($0, of: job) }) != said
      {
        lines.append("\(style.dim("·")) \(said)")
      }
      if attempt.state.isFailure, old?.state != attempt.state, job.state != .cancelled {
        let reason = TextStyle.harmless(attempt.reason ?? "it was not heard of any more")
        lines.append("\(style.yellow("!")) \(attempt.state.rawValue) on \(attempt.node): \(reason)")
      }
    }
    if job.state == .pending, before?.state != .pending || before?.reason != job.reason {
      let reason = job.reason.map { ": \(TextStyle.harmless($0))" } ?? " for a place"
      lines.append("\(style.dim("·")) waits\(reason)")
    }
    if job.isOverflow, before?.isOverflow == false {
      lines.append("\(style.yellow("!")) escalated to the overflow nodes")
    }
    if job.state.isOver, before?.state != job.state { lines.append(end(job)) }
    return lines
  }

  /// The last line about a job.
  func end(_ job: Job) -> String {
    let took = job.finishedAt.map { ($0 - job.submittedAt).elapsed } ?? "–"
    let paid = style.dim("\(took), \(job.cost) credit\(job.cost.micro == 1_000_000 ? "" : "s")")
    let place = job.attempts.last.map { " on \($0.node)" } ?? ""
    let reason = job.reason.map { ": \(TextStyle.harmless($0))" } ?? ""
    return switch job.state {
    case .succeeded: "\(style.green("✓")) \(job.module) succeeded\(place)  \(paid)"
    case .cancelled: "\(style.yellow("!")) \(job.module) was cancelled\(reason)  \(paid)"
    default: "\(style.red("✗")) \(job.module) failed\(reason)  \(paid)"
    }
  }

  /// What is under way, in one line without colour.
  func underWay(_ job: Job) -> String {
    let attempt = job.attempts.last
    switch job.state {
    case .pending: return "\(job.module) waits for a place  \((now - job.submittedAt).elapsed)"
    case .dispatched: return "\(job.module) waits for \(attempt?.node ?? "its node") to begin"
    case .running:
      let said = attempt.flatMap { progress($0, of: job) }.map { "  \($0)" } ?? ""
      let time = attempt?.startedAt.map { "  \((now - $0).elapsed)" } ?? ""
      return "\(job.module) on \(attempt?.node ?? "a node")\(said)\(time)"
    case .succeeded, .failed, .cancelled: return ""
    }
  }

  /// Nil where its module has said nothing.
  private func progress(_ attempt: JobAttempt, of job: Job) -> String? {
    let units = attempt.units > 0 ? "\(attempt.units) of \(job.units) unit\(job.units == 1 ? "" : "s")" : nil
    let parts = [units, attempt.note.map(TextStyle.harmless)].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension AttemptState {
  fileprivate var isFailure: Bool { self == .failed || self == .lost }
}
