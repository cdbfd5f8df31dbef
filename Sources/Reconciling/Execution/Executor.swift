internal import Concurrency
package import Model

/// Runs the steps of a plan: independent branches in parallel, each step recorded in the journal before and
/// after.
package struct Executor: Sendable {
  package enum Result: Hashable, Sendable {
    case done
    case failed(BackendError)
    /// Not started, because this other resource was not done.
    case skipped(because: ResourceID)
    /// The controller stopped before this was complete. Started steps were finished and recorded.
    case cancelled
    /// Cancelled or not started, because this newer revision replaces the plan. The resource is observed
    /// again.
    case superseded(by: Int64)
  }

  let backends: [String: AnyBackend]
  let store: any StateStore
  let time: TimeSource
  let progress: ProgressHandler
  /// How many resources are worked on at the same time.
  let width: Int
  let gracefulStop: GracefulStop
  let control: PassControl
  /// Called right before each step; see `Engine.bound`.
  let mayBegin: @Sendable (ResourceID) -> Bool

  /// The result of each executable resource of the plan. A failure stops the other steps of its own resource
  /// and the resources that depend on it, nothing else.
  /// - Parameters:
  ///   - isSatisfied: Whether others may be built on a resource outside of the plan.
  ///   - finished: Called with each resource as soon as its result is known.
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
    await withTaskGroup(of: (ExecutionGraph.Part, Result).self) { group in
      var running = 0
      while true {
        while running < width, !gracefulStop.isRequested, let part = graph.next() {
          guard let resource = work[part.id], let subject = subjects[part.id] else { continue }
          running += 1
          group.addTask {
            let run = StepRun(pass: pass, revision: plan.revision, context: context, journal: journal)
            return (part, await execute(part.steps, of: resource, for: subject, run))
          }
        }
        guard running > 0, let (part, result) = await group.next() else { break }
        running -= 1
        if case .failed = result { control.noteFailure(of: part.id) }
        if part.isLast || result != .done { note(part.id, result) }
        graph.finish(part, succeeded: result == .done)
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

  private func execute(
    _ steps: Range<Int>, of plan: ResourcePlan, for subject: AnySubject, _ run: StepRun
  ) async -> Result {
    guard let backend = backends[plan.id.kind] else {
      return .failed(BackendError(code: "kind.unknown", "this program has no backend of \(plan.id.kind)"))
    }
    if let result = control.begin(plan.id, revision: run.revision) { return result }
    defer { control.release([plan.id]) }
    for index in steps {
      let step = plan.steps[index]
      if gracefulStop.isRequested || Task.isCancelled { return .cancelled }
      if let end = control.end(before: plan.id) { return end }
      let id = StepID(pass: run.pass, resource: plan.id, index: index)
      let startedAt = time.now()
      progress(.started(plan.id, step: step))
      do throws(StoreError) {
        try await run.journal.write(
          .intent(
            JournalIntent(
              step: id, revision: run.revision, action: step.action, summary: step.summary,
              reason: step.reason, risk: step.risk, at: startedAt, fields: step.fields)))
      } catch {
        progress(.finished(plan.id, step: step, after: time.now() - startedAt, error: error.backendError))
        return result(of: error, run)
      }
      guard mayBegin(plan.id) else {
        // Rejected when another replica has taken over, which marks the step itself.
        _ = await run.journal.tryWriting(.outcome(id, .interrupted, at: time.now()))
        return .cancelled
      }
      let isHeld: @Sendable () -> Bool = { mayBegin(plan.id) }
      let call = StepCall(
        id: plan.id, step: step, subject: subject, context: run.context, backend: backend, time: time,
        control: control, isHeld: isHeld
      ) { message in await recordLingering(message, plan, run) }
      let end = await outcome(of: call, id, run)
      progress(.finished(plan.id, step: step, after: time.now() - startedAt, error: end.error))
      if let result = end.result { return result }
    }
    return .done
  }

  /// Runs the call and records its outcome. A step that was done but could not be recorded counts as failed
  /// and is repeated.
  /// - Returns: The result of the resource, nil when its next step may start; and the error to show.
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
        code: "revision.superseded", "cancelled: revision \(revision) changes \(call.id)")
      (outcome, end) = (.superseded(error.message), (.superseded(by: revision), error))
    case (.failure, .yielded(let other)):
      let error = BackendError(code: "lease.yielded", "cancelled: \(other) needs the environment")
      (outcome, end) = (.superseded(error.message), (.cancelled, error))
    case (.failure, .deadline(let span)):
      let error = call.deadlineError(after: span)
      (outcome, end) = (.failed(with: error), (.failed(error), error))
    case (.failure(let error), nil):
      // Without the lease, the mutation fence has ended the call, and another controller continues.
      let isStopped = Task.isCancelled && call.isInterruptible || !mayBegin(call.id)
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

  /// The result of a resource whose record the store rejected.
  private func result(of error: StoreError, _ run: StepRun) -> Result {
    if error.isSuperseded { return .superseded(by: control.newerRevision ?? run.revision) }
    return error.isOutdated ? .cancelled : .failed(error.backendError)
  }

  /// Reports and stores that a cancelled call of a resource does not end.
  private func recordLingering(_ message: String, _ plan: ResourcePlan, _ run: StepRun) async {
    let reason = ConditionReason.callDoesNotEnd
    let event = Event(
      at: time.now(), id: plan.id, isWarning: true, reason: .condition(reason), message: message,
      revision: run.revision)
    var changes = StatusChanges(revision: run.revision)
    changes.events = [event]
    let previous = try? await store.statuses(of: run.context.environment, ids: [plan.id])[plan.id]
    changes.statuses = [ResourceStatus(plan, lingering: event, reason, previous: previous)]
    // When the store does not answer, the message is at least in the log.
    try? await store.save(changes, in: run.context.environment)
    progress(.note(event))
  }
}

extension ResourceStatus {
  fileprivate init(
    _ plan: ResourcePlan, lingering event: Event, _ reason: ConditionReason, previous: ResourceStatus?
  ) {
    self.init(
      id: plan.id, revision: event.revision,
      conditions: Condition.Kind.allCases.map { type in
        let status = type == .progressing
        let explains = status || type == .ready
        return Condition(
          type, status, reason: explains ? reason : .no, message: explains ? event.message : "",
          since: Condition.since(status, previous: previous?.condition(type), now: event.at),
          observedRevision: event.revision)
      }, failures: previous?.failures ?? 0, nextAttempt: nil, mode: plan.desired?.metadata.mode ?? .enforce)
  }
}
