import JobModel
import Model
import Planning

/// What `job watch` and `job submit --wait` print while a job changes.
extension JobText {
  /// One line for each change between two versions of a job.
  /// - Parameter before: nil: nothing was printed about the job yet.
  func changes(of job: Job, since before: Job?) -> [String] {
    var lines: [String] = []
    let known = Dictionary(
      (before?.attempts ?? []).map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    for attempt in job.attempts { lines += changes(of: attempt, since: known[attempt.number], in: job) }
    if job.state == .pending, before?.state != .pending || before?.reason != job.reason {
      lines.append("\(style.dim("·")) pending\(suffix(job.reason))")
    }
    if job.isOverflow, before?.isOverflow == false {
      lines.append("\(style.yellow("!")) escalated to the overflow nodes")
    }
    if job.state.isOver, before?.state != job.state { lines.append(summary(of: job)) }
    return lines
  }

  private func changes(of attempt: JobAttempt, since before: JobAttempt?, in job: Job) -> [String] {
    var lines: [String] = []
    if before == nil, attempt.state == .dispatched || attempt.state.endedEarly {
      lines.append("\(style.dim("·")) dispatched to \(attempt.node)")
    }
    if before?.startedAt == nil, attempt.startedAt != nil, attempt.state == .running {
      lines.append("\(style.dim("·")) running on \(attempt.node)")
    }
    if attempt.state == .running, let progress = progress(attempt, of: job),
      before.flatMap({ self.progress($0, of: job) }) != progress
    {
      lines.append("\(style.dim("·")) \(progress)")
    }
    if attempt.state.endedEarly, before?.state != attempt.state, job.state != .cancelled {
      let reason = TextStyle.harmless(attempt.reason ?? "no heartbeat")
      lines.append("\(style.yellow("!")) \(attempt.state.rawValue) on \(attempt.node): \(reason)")
    }
    return lines
  }

  /// The result of a finished job in one line.
  func summary(of job: Job) -> String {
    let duration = job.finishedAt.map { ($0 - job.submittedAt).elapsed } ?? "–"
    let paid = style.dim("\(duration), \(job.cost) credit\(job.cost.micro == 1_000_000 ? "" : "s")")
    let node = job.attempts.last.map { " on \($0.node)" } ?? ""
    let reason = suffix(job.reason)
    return switch job.state {
    case .succeeded: "\(style.green("✓")) \(job.module) succeeded\(node)  \(paid)"
    case .cancelled: "\(style.yellow("!")) \(job.module) was cancelled\(reason)  \(paid)"
    default: "\(style.red("✗")) \(job.module) failed\(reason)  \(paid)"
    }
  }

  /// The current state in one line without colour; empty for a finished job.
  func status(of job: Job) -> String {
    let attempt = job.attempts.last
    switch job.state {
    case .pending: return "\(job.module) is pending  \((now - job.submittedAt).elapsed)"
    case .dispatched: return "\(job.module) is starting on \(attempt?.node ?? "its node")"
    case .running:
      let progress = attempt.flatMap { self.progress($0, of: job) }.map { "  \($0)" } ?? ""
      let time = attempt?.startedAt.map { "  \((now - $0).elapsed)" } ?? ""
      return "\(job.module) on \(attempt?.node ?? "a node")\(progress)\(time)"
    case .succeeded, .failed, .cancelled: return ""
    }
  }

  /// Nil if the module reported no progress.
  private func progress(_ attempt: JobAttempt, of job: Job) -> String? {
    let units = attempt.units > 0 ? "\(attempt.units) of \(job.units) unit\(job.units == 1 ? "" : "s")" : nil
    let parts = [units, attempt.note.map(TextStyle.harmless)].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension AttemptState {
  fileprivate var endedEarly: Bool { self == .failed || self == .lost || self == .preempted }
}
