internal import Concurrency
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
    /// Given up or not begun, because this newer revision replaces the plan; it is looked at anew.
    case superseded(by: Int64)
  }

  let backends: [String: AnyBackend]
  let store: any StateStore
  let time: TimeSource
  let progress: ProgressHandler
  /// How many resources are worked on at once.
  let width: Int
  let gracefulStop: GracefulStop
  let control: PassControl
  /// Asked right before each step; see `Engine.bound`.
  let mayBegin: @Sendable (ResourceID) -> Bool

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
        while running < width, !gracefulStop.isRequested, let id = graph.next() {
          guard let resource = work[id], let subject = subjects[id] else { continue }
          running += 1
          group.addTask {
            let run = StepRun(pass: pass, revision: plan.revision, context: context, journal: journal)
            return (id, await execute(resource, for: subject, run))
          }
        }
        guard running > 0, let (id, result) = await group.next() else { break }
        running -= 1
        if case .failed = result { control.noteFailure(of: id) }
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
    if let refusal = control.begin(plan.id, revision: run.revision) { return refusal }
    defer { control.release([plan.id]) }
    for (index, step) in plan.steps.enumerated() {
      if gracefulStop.isRequested || Task.isCancelled { return .cancelled }
      if let end = control.end(before: plan.id) { return end }
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
        return result(of: error, run)
      }
      guard mayBegin(plan.id) else {
        // Refused where another has taken over, who marks the step himself.
        _ = await run.journal.tryWriting(.outcome(id, .interrupted, at: time.now()))
        return .cancelled
      }
      let call = StepCall(
        id: plan.id, step: step, subject: subject, context: run.context, backend: backend, time: time,
        control: control
      ) { text in await say(text, of: plan, run) }
      let end = await outcome(of: call, id, run)
      progress(.finished(plan.id, step: step, after: time.now() - begun, error: end.error))
      if let result = end.result { return result }
    }
    return .done
  }

  /// Runs the call and journals what became of it. A step that was done but could not be recorded counts as failed:
  /// it is repeated.
  /// - Returns: what becomes of the resource, nil where its next step may begin, and the error to show.
  private func outcome(of call: StepCall, _ id: StepID, _ run: StepRun) async -> (
    result: Result?, error: BackendError?
  ) {
    let (answer, cause) = await call.run()
    let outcome: JournalOutcome
    let end: (result: Result?, error: BackendError?)
    switch (answer, cause) {
    case (.success, _):
      (outcome, end) = (.done, (nil, nil))
    case (.failure, .superseded(let revision)):
      let error = BackendError(
        code: "revision.superseded", "given up: revision \(revision) changes \(call.id)")
      (outcome, end) = (.superseded(error.message), (.superseded(by: revision), error))
    case (.failure, .yielded(let other)):
      let error = BackendError(code: "lease.yielded", "given up: \(other) wants the environment")
      (outcome, end) = (.superseded(error.message), (.cancelled, error))
    case (.failure, .deadline(let span)):
      let error = call.lateError(after: span)
      (outcome, end) = (.failed(with: error), (.failed(error), error))
    case (.failure(let error), nil):
      let isStopped = Task.isCancelled
      (outcome, end) = (
        isStopped ? .interrupted : .failed(with: error),
        (isStopped ? .cancelled : .failed(error), error)
      )
    }
    let written = await UncancellableTask.run { () -> Swift.Result<Void, StoreError> in
      await run.journal.tryWriting(.outcome(id, outcome, at: time.now()))
    }
    if case .failure(let error) = written { return (result(of: error, run), error.backendError) }
    return end
  }

  /// What becomes of a resource of which the store took no record.
  private func result(of error: StoreError, _ run: StepRun) -> Result {
    if error.isSuperseded { return .superseded(by: control.newerRevision ?? run.revision) }
    return error.isOutdated ? .cancelled : .failed(error.backendError)
  }

  /// Shows a resource whose cancelled call does not end.
  private func say(_ text: String, of plan: ResourcePlan, _ run: StepRun) async {
    let event = Event(
      at: time.now(), id: plan.id, isWarning: true, reason: "CallDoesNotEnd", message: text,
      revision: run.revision)
    var changes = StatusChanges(revision: run.revision)
    changes.events = [event]
    // Only said: whoever cannot be told now reads it in the log.
    let previous = try? await store.statuses(of: run.context.environment, ids: [plan.id])[plan.id]
    changes.statuses = [ResourceStatus(plan, lingering: event, previous: previous)]
    try? await store.save(changes, in: run.context.environment)
    progress(.note(event))
  }
}

extension ResourceStatus {
  fileprivate init(_ plan: ResourcePlan, lingering event: Event, previous: ResourceStatus?) {
    self.init(
      id: plan.id, revision: event.revision,
      conditions: Condition.Kind.allCases.map { type in
        let status = type == .progressing
        let explains = status || type == .ready
        let before = previous?.condition(type)
        return Condition(
          type, status, reason: explains ? event.reason : "No", message: explains ? event.message : "",
          since: before?.status == status ? before?.since ?? event.at : event.at,
          observedRevision: event.revision)
      }, failures: previous?.failures ?? 0, nextAttempt: nil, mode: plan.desired?.metadata.mode ?? .enforce)
  }
}
