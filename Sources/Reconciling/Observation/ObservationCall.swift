internal import Model

/// One batched observation by one backend, with its deadline.
struct ObservationCall: Sendable {
  let backend: AnyBackend
  let time: TimeSource
  let report: @Sendable (LoopEvent) -> Void

  /// Observes the subjects and reports how long it took.
  /// - Parameter subjects: All of one kind; not empty.
  func observe(_ subjects: [AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    let startedAt = time.now()
    let results = await observeBeforeDeadline(subjects, in: context)
    let failures = results.values.count { if case .failure = $0 { true } else { false } }
    report(
      .observed(
        kind: subjects[0].id.kind, count: subjects.count, failures: failures, after: time.now() - startedAt))
    return results
  }

  /// Returns a result for every subject. A backend that exceeds its deadline is cancelled and awaited; its
  /// observation counts as failed.
  private func observeBeforeDeadline(_ subjects: [AnySubject], in context: ReconcileContext) async
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
      for await results in group {
        group.cancelAll()
        guard let results else {
          isLate = true
          continue
        }
        return isLate ? results.merging(lateResults(for: subjects)) { _, late in late } : results
      }
      return lateResults(for: subjects)
    }
  }

  private func lateResults(for subjects: [AnySubject]) -> [ResourceID: Result<Observation, BackendError>] {
    let error = BackendError(
      code: "observation.deadline",
      "\(backend.system) did not report the state of its resources within \(backend.observationDeadline)",
      hint: "check whether \(backend.system) answers and what keeps it busy; the observation is repeated")
    return Dictionary(subjects.map { ($0.id, .failure(error)) }, uniquingKeysWith: { first, _ in first })
  }
}
