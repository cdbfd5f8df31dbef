package import Model

/// The decisions that schedulers made about a job, oldest first.
package struct SchedulingTrace: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    /// Nil: the job waits, and the decision is that of this moment.
    package let attempt: JobAttempt?
    /// Nil: none is recorded.
    package let decision: PlacementDecision?

    package init(attempt: JobAttempt?, decision: PlacementDecision?) {
      self.attempt = attempt
      self.decision = decision
    }
  }

  package let job: Job
  package let entries: [Entry]

  package init(job: Job, entries: [Entry]) {
    self.job = job
    self.entries = entries
  }
}

/// Traces as the API and `-o json` write them; the same text can be read back. The member of the entries is
/// `chapters`.
extension SchedulingTrace {
  package var value: Value {
    .members(["job": job.value, "chapters": .array(entries.map(\.value))])
  }

  /// Nil where a member is missing that every trace has.
  package init?(_ value: Value) {
    guard let job = value["job"].flatMap(Job.init), let entries = value["chapters"]?.elements else {
      return nil
    }
    self.init(job: job, entries: entries.map(Entry.init))
  }
}

extension SchedulingTrace.Entry {
  package var value: Value { .members(["attempt": attempt?.value, "decision": decision?.value]) }

  package init(_ value: Value) {
    self.init(
      attempt: value["attempt"].flatMap(JobAttempt.init),
      decision: value["decision"].flatMap(PlacementDecision.init))
  }
}
