import JobModel
import Model
import Planning

extension JobText {
  /// Every scheduling decision about a job, with the attempt that followed.
  func why(_ trace: SchedulingTrace) -> String {
    var text = headline(trace.job) + "\n"
    for entry in trace.entries {
      text += "\n" + title(entry) + "\n"
      for line in entry.decision?.lines() ?? [missingDecision(entry, trace.job)] {
        text += line.isEmpty ? "\n" : "  \(line)\n"
      }
    }
    if trace.entries.isEmpty { text += "\nNo scheduling decision was made yet.\n" }
    return text
  }

  private func missingDecision(_ entry: SchedulingTrace.Entry, _ job: Job) -> String {
    guard entry.attempt == nil else { return "No decision is recorded for this attempt." }
    return
      "Module/\(job.module) is not declared: a running scheduler ends the job and releases its hold."
  }

  private func title(_ entry: SchedulingTrace.Entry) -> String {
    guard let attempt = entry.attempt else { return style.bold("Pending") }
    let age = style.dim("\((now - attempt.dispatchedAt).ago) ago")
    let reason = suffix(attempt.reason)
    let state =
      switch attempt.state {
      case .dispatched: "starting"
      case .running: style.cyan("running")
      case .succeeded: style.green("succeeded")
      case .failed: style.red("failed") + reason
      case .lost: style.red("lost") + reason
      case .cancelled: style.yellow("cancelled") + reason
      case .preempted: style.yellow("preempted") + reason
      }
    return "\(style.bold("Attempt \(attempt.number) on \(attempt.node)"))  \(age)  \(state)"
  }
}
