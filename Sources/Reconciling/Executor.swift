package import Model

/// Runs the steps of a plan: independent branches in parallel, each step journalled before and after.
package struct Executor: Sendable {
  package enum Result: Hashable, Sendable {
    case done
    case failed(BackendError)
    /// Not begun, because this other resource was not done.
    case skipped(because: ResourceID)
    /// The controller was asked to stop before this was complete; what was begun was finished and journalled.
    case cancelled
  }

  let backends: [String: AnyBackend]
  let store: any StateStore
  let time: TimeSource
  let progress: ProgressHandler
  /// How many resources are worked on at once.
  let width: Int
  let drain: Drain

  /// What became of each executable resource of the plan. A failure stops the rest of its own resource and whatever
  /// depends on it, nothing else.
  /// - Parameters:
  ///   - isSatisfied: whether a resource that the plan says nothing about may be built on.
  ///   - finished: told of each resource that was worked on as soon as it is over,
  ///     and of each that will not be worked on, as soon as that is known.
  func execute(
    _ plan: Plan, subjects: [ResourceID: AnySubject], in context: ReconcileContext, pass: String,
    isSatisfied: (ResourceID) -> Bool,
    finished: (ResourceID, Result) -> Void = { _, _ in }
  ) async -> [ResourceID: Result] {
    let work = Dictionary(uniqueKeysWithValues: plan.resources.map { ($0.id, $0) })
    let journal = JournalWriter(store: store, environment: plan.environment)
    var graph = ExecutionGraph(plan, isSatisfied: isSatisfied)
    var results: [ResourceID: Result] = [:]
    func note(_ id: ResourceID, _ result: Result) {
      results[id] = result
      finished(id, result)
    }
    func noteSkipped() {
      for (id, other) in graph.takeSkipped() { note(id, .skipped(because: other)) }
    }
    noteSkipped()
    await withTaskGroup(of: (ResourceID, Result).self) { group in
      var running = 0
      while true {
        while running < width, !drain.isRequested, let id = graph.next() {
          guard let resource = work[id], let subject = subjects[id] else { continue }
          running += 1
          group.addTask {
            let run = StepRun(pass: pass, revision: plan.revision, context: context, journal: journal)
            return (id, await execute(resource, for: subject, run))
          }
        }
        guard running > 0, let (id, result) = await group.next() else { break }
        running -= 1
        note(id, result)
        graph.finish(id, succeeded: result == .done)
        noteSkipped()
      }
    }
    for resource in plan.resources where resource.isExecutable && results[resource.id] == nil {
      note(resource.id, .cancelled)
    }
    return results
  }

  private struct StepRun: Sendable {
    let pass: String
    let revision: Int64
    let context: ReconcileContext
    let journal: JournalWriter
  }

  private func execute(_ plan: ResourcePlan, for subject: AnySubject, _ run: StepRun) async -> Result {
    guard let backend = backends[plan.id.kind] else {
      return .failed(BackendError(code: "kind.unknown", "nothing here executes the kind \(plan.id.kind)"))
    }
    for (index, step) in plan.steps.enumerated() {
      if drain.isRequested { return .cancelled }
      let id = StepID(pass: run.pass, resource: plan.id, index: index)
      let begun = time.now()
      progress(.started(plan.id, step: step))
      do throws(StoreError) {
        try await run.journal.write(
          .intent(
            JournalIntent(
              step: id, revision: run.revision, action: step.action, summary: step.summary,
              reason: step.reason,
              risk: step.risk, at: begun, fields: step.fields)))
      } catch {
        progress(.finished(plan.id, step: step, after: time.now() - begun, error: error.backendError))
        return .failed(error.backendError)
      }
      let result = await backend.apply(step.operation, subject, run.context)
      let error = await record(result, of: id, run)
      progress(.finished(plan.id, step: step, after: time.now() - begun, error: error))
      if let error { return .failed(error) }
    }
    return .done
  }

  /// Journals the outcome. A step that was done but could not be recorded counts as failed: it is repeated.
  private func record(_ result: Swift.Result<Void, BackendError>, of id: StepID, _ run: StepRun) async
    -> BackendError?
  {
    let outcome: JournalOutcome
    switch result {
    case .success: outcome = .done
    case .failure(let error): outcome = .failed(error.description)
    }
    do throws(StoreError) {
      try await run.journal.write(.outcome(id, outcome, at: time.now()))
    } catch {
      return error.backendError
    }
    if case .failure(let error) = result { return error }
    return nil
  }
}
