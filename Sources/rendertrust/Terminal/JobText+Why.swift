import JobModel
import Model
import Planning

extension JobText {
  /// Every decision that was made about a job, with what became of it.
  func why(_ story: SchedulingTrace) -> String {
    var text = headline(story.job) + "\n"
    for chapter in story.entries {
      text += "\n" + title(chapter) + "\n"
      for line in chapter.decision?.lines() ?? [unexplained(chapter, story.job)] {
        text += line.isEmpty ? "\n" : "  \(line)\n"
      }
    }
    if story.entries.isEmpty { text += "\nNothing was decided about it yet.\n" }
    return text
  }

  private func unexplained(_ chapter: SchedulingTrace.Entry, _ job: Job) -> String {
    guard chapter.attempt == nil else { return "Nothing was written down about the choice." }
    return
      "Module/\(job.module) is not declared any more: unless it comes back, the job fails at its deadline, "
      + "\(job.deadline)."
  }

  private func title(_ chapter: SchedulingTrace.Entry) -> String {
    guard let attempt = chapter.attempt else { return style.bold("It waits") }
    let when = style.dim("\((now - attempt.dispatchedAt).ago) ago")
    let reason = attempt.reason.map { ": \(TextStyle.harmless($0))" } ?? ""
    let became =
      switch attempt.state {
      case .dispatched: "waits for it to begin"
      case .running: style.cyan("running")
      case .succeeded: style.green("succeeded")
      case .failed: style.red("failed") + reason
      case .lost: style.red("not heard of any more") + reason
      case .cancelled: style.yellow("cancelled") + reason
      }
    return "\(style.bold("Try \(attempt.number) went to \(attempt.node)"))  \(when)  \(became)"
  }
}
