package import Model

/// How decisions are written in the API and by `-o json`; the same text is read back.
extension SchedulingTrace {
  package var value: Value {
    .members(["job": job.value, "chapters": .array(chapters.map(\.value))])
  }

  /// Nil where something that every story has is missing.
  package init?(_ value: Value) {
    guard let job = value["job"].flatMap(Job.init), let chapters = value["chapters"]?.elements else {
      return nil
    }
    self.init(job: job, chapters: chapters.map(Chapter.init))
  }
}

extension SchedulingTrace.Chapter {
  package var value: Value { .members(["attempt": attempt?.value, "decision": decision?.value]) }

  package init(_ value: Value) {
    self.init(
      attempt: value["attempt"].flatMap(JobAttempt.init), decision: value["decision"].flatMap(Decision.init))
  }
}
