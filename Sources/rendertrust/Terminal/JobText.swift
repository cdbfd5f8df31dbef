import JobModel
import Model
import Planning

/// Renders jobs as text. Pure: the time and the style are inputs.
struct JobText {
  let style: TextStyle
  let now: Timestamp

  func state(_ state: JobState, _ text: String? = nil) -> String {
    let text = text ?? state.rawValue
    return switch state {
    case .succeeded: style.green(text)
    case .failed: style.red(text)
    case .cancelled: style.yellow(text)
    case .running: style.cyan(text)
    case .pending, .dispatched: text
    }
  }

  func list(_ jobs: [Job], width: Int?) -> String {
    var table = Table(["JOB", "STATE", "MODULE", "ACCOUNT", "UNITS", "CREDITS", "AGE", "REASON"])
    for job in jobs {
      table.add([
        job.id.text, job.state.rawValue, job.module, job.creator, String(job.units), credits(job),
        (now - job.submittedAt).ago, TextStyle.harmless(job.reason ?? ""),
      ])
    }
    // Units, account, credits, module.
    return table.text(style: style, width: width, optional: [4, 3, 5, 2]) { cell, row, column in
      column == 1 ? state(jobs[row].state, cell) : cell
    }
  }

  /// The cost of a finished job; the maximum cost of any other.
  private func credits(_ job: Job) -> String { job.state.isOver ? job.cost.description : "≤ \(job.held)" }

  /// The state of a job as one sentence.
  func headline(_ job: Job) -> String {
    let subject = "Job \(style.bold(job.id.text)) of \(job.module)"
    let attempt = job.attempts.last
    let node = attempt.map { " on \($0.node)" } ?? ""
    switch job.state {
    case .pending:
      return "\(subject) is pending\(job.attempts.isEmpty ? "" : " another attempt")\(suffix(job.reason))."
    case .dispatched: return "\(subject) is dispatched to \(attempt?.node ?? "a node")."
    case .running: return "\(subject) is \(state(.running))\(node)\(duration(of: job))."
    case .succeeded: return "\(subject) \(state(.succeeded))\(node)\(duration(of: job))."
    case .failed: return "\(subject) \(state(.failed))\(duration(of: job))\(suffix(job.reason))."
    case .cancelled: return "\(subject) was \(state(.cancelled))\(duration(of: job))\(suffix(job.reason))."
    }
  }

  func suffix(_ reason: String?) -> String {
    reason.map { ": \(TextStyle.harmless($0))" } ?? ""
  }

  /// From submission to the end of a finished job; from the start of its attempt for a running job.
  private func duration(of job: Job) -> String {
    if let end = job.finishedAt { return " after \((end - job.submittedAt).elapsed)" }
    return job.attempts.last?.startedAt.map { " for \((now - $0).elapsed)" } ?? ""
  }

  /// All fields, attempts, artefacts and the output of a job.
  func details(_ job: Job, width: Int?) -> String {
    var text = headline(job) + "\n\n"
    let price = job.unitPrice.map { " at \($0) credits" } ?? ", priced by time"
    let paid = job.state.isOver ? "\(job.cost) of \(job.held) held" : "\(job.held) held"
    var fields = [
      ("Account", job.creator), ("Module", "\(job.module), image \(job.image.prefix(12))"),
      ("Units", "\(job.units)\(price)"), ("Credits", paid), ("Priority", String(job.priority)),
      ("Submitted", moment(job.submittedAt)),
    ]
    if !job.state.isOver { fields.append(("Deadline", moment(job.deadline))) }
    if job.isOverflow { fields.append(("Escalated", "to the overflow nodes")) }
    for (name, value) in fields { text += style.dim(name.padded(to: 11)) + value + "\n" }
    if !job.attempts.isEmpty { text += "\n" + attempts(job.attempts, width: width) }
    if !job.artefacts.isEmpty { text += "\n" + artefacts(job.artefacts, width: width) }
    if let output = job.output {
      text += "\n\(style.dim("Output"))\n\(OutputFilter.harmless(json: output.prettyJSON))"
    }
    return text
  }

  private func attempts(_ attempts: [JobAttempt], width: Int?) -> String {
    var table = Table(["ATTEMPT", "NODE", "STATE", "UNITS", "USAGE", "DURATION", "DETAIL"])
    for attempt in attempts {
      let began = attempt.startedAt ?? attempt.dispatchedAt
      table.add([
        String(attempt.number), attempt.node, attempt.state.rawValue, String(attempt.units),
        attempt.usage.text, ((attempt.endedAt ?? now) - began).elapsed,
        TextStyle.harmless(attempt.reason ?? attempt.note ?? ""),
      ])
    }
    // Units, usage.
    return table.text(style: style, width: width, optional: [3, 4]) { cell, row, column in
      guard column == 2 else { return cell }
      return switch attempts[row].state {
      case .succeeded: style.green(cell)
      case .failed, .lost: style.red(cell)
      case .cancelled, .preempted: style.yellow(cell)
      case .running: style.cyan(cell)
      case .dispatched: cell
      }
    }
  }

  private func artefacts(_ artefacts: [Artefact], width: Int?) -> String {
    var table = Table(["ARTEFACT", "SIZE", "REFERENCE"])
    for artefact in artefacts {
      table.add([
        TextStyle.harmless(artefact.name), artefact.bytes.map { ByteCount(bytes: $0).readable } ?? "–",
        TextStyle.harmless(artefact.reference),
      ])
    }
    return table.text(style: style, width: width)
  }

  /// `2026-11-22 14:55:03, 3m ago`.
  private func moment(_ time: Timestamp) -> String {
    let text = time.description
    let distance = time <= now ? "\((now - time).ago) ago" : "in \((time - now).ago)"
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)), \(distance)"
  }
}

extension WorkUsage {
  /// `1.2s GPU, 0.4s CPU`; `–` for none.
  var text: String {
    let parts = [(gpu, "GPU"), (cpu, "CPU")].filter { $0.0 > 0 }
    guard !parts.isEmpty else { return "–" }
    return parts.map { "\(TimeSpan(milliseconds: $0.0).elapsed) \($0.1)" }.joined(separator: ", ")
  }
}
