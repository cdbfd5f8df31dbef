internal import Model

/// One look of one backend at many resources, with its deadline.
struct Observing: Sendable {
  let backend: AnyBackend
  let time: TimeSource
  let tell: @Sendable (LoopEvent) -> Void

  /// The same as `ask`, and tells how long it took.
  /// - Parameter subjects: all of one kind, at least one.
  func observe(_ subjects: [AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    let begun = time.now()
    let answers = await ask(about: subjects, in: context)
    let failures = answers.values.count { if case .failure = $0 { true } else { false } }
    tell(
      .observed(
        kind: subjects[0].id.kind, count: subjects.count, failures: failures, after: time.now() - begun))
    return answers
  }

  /// Answers for every subject. A backend that has not answered by its deadline is cancelled and waited for; what
  /// it should have looked at counts as not seen.
  private func ask(about subjects: [AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    let deadline = backend.observationDeadline
    return await withTaskGroup(of: [ResourceID: Result<Observation, BackendError>]?.self) { group in
      group.addTask { await backend.observe(subjects.sorted { $0.id < $1.id }, context) }
      group.addTask {
        _ = try? await time.sleep(deadline)
        return nil
      }
      var isLate = false
      for await answers in group {
        group.cancelAll()
        guard let answers else {
          isLate = true
          continue
        }
        return isLate ? answers.merging(lateAnswers(about: subjects)) { _, late in late } : answers
      }
      return lateAnswers(about: subjects)
    }
  }

  private func lateAnswers(about subjects: [AnySubject]) -> [ResourceID: Result<Observation, BackendError>] {
    let error = BackendError(
      code: "observation.deadline",
      "\(backend.system) did not tell within \(backend.observationDeadline) how things are",
      hint: "see whether \(backend.system) answers and what keeps it busy; it is asked again")
    return Dictionary(subjects.map { ($0.id, .failure(error)) }, uniquingKeysWith: { first, _ in first })
  }
}
