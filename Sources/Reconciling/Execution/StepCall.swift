internal import Concurrency
internal import Model

/// One call of a backend, which its deadline or a newer revision may cancel. A cancelled call is awaited,
/// because a resource is never worked on twice at the same time.
///
/// Nothing cancels the call of an operation that is not interruptible, not even the end of the pass: the call
/// is awaited, and its passed deadline is only reported.
struct StepCall: Sendable {
  /// Why a call was cancelled.
  enum Cause: Hashable, Sendable {
    case deadline(TimeSpan)
    case superseded(by: Int64)
    /// Another process needs the environment exclusively.
    case yielded(to: String)

    var isYielding: Bool { if case .yielded = self { true } else { false } }
  }

  let id: ResourceID
  let step: AnyStep
  let subject: AnySubject
  let context: ReconcileContext
  let backend: AnyBackend
  let time: TimeSource
  let control: PassControl
  /// Whether the lease of the resource is still held. Drivers ask before each call that changes something.
  let isHeld: @Sendable () -> Bool
  /// Called with a message when a call has not ended for a while after it was cancelled or should have ended.
  let onLingering: @Sendable (String) async -> Void

  /// How long a cancelled call may take to end before it is reported.
  private static let cancellationTimeout = TimeSpan(seconds: 1)

  /// Whether the call may be cancelled after it began.
  var isInterruptible: Bool { step.operation.isInterruptible }

  private enum Signal: Sendable {
    case ended(Result<Void, BackendError>)
    case cancelled(Cause)
    case idle
  }

  /// The backend's result, and why the call was cancelled; nil when it was not.
  func run() async -> (result: Result<Void, BackendError>, cause: Cause?) {
    let (causes, feed) = AsyncStream<Cause>.makeStream()
    defer { control.endStep(of: id) }
    return await withTaskGroup(of: (Result<Void, BackendError>, Cause?)?.self) { group in
      group.addTask { await isInterruptible ? call { feed.yield($0) } : callToItsEnd { feed.yield($0) } }
      group.addTask {
        for await cause in causes {
          if (try? await time.sleep(StepCall.cancellationTimeout)) != nil {
            await onLingering(text(of: cause))
          }
        }
        return nil
      }
      for await ending in group {
        guard let ending else { continue }
        group.cancelAll()
        return ending
      }
      return (.failure(lostError), nil)
    }
  }

  /// Runs the call until it ends, and cancels it for the first cause.
  private func call(_ onCancel: @Sendable (Cause) -> Void) async -> (Result<Void, BackendError>, Cause?) {
    let deadline = backend.deadline(step.operation, subject)
    return await withTaskGroup(of: Signal.self) { group in
      group.addTask { .ended(await apply()) }
      group.addTask { (try? await time.sleep(deadline)) == nil ? .idle : .cancelled(.deadline(deadline)) }
      group.addTask {
        let cause = await control.cancellation(of: id, isRoutine: step.action == .maintain)
        return cause.map { .cancelled($0) } ?? .idle
      }
      var cause: Cause?
      for await signal in group {
        switch signal {
        case .idle: break
        case .ended(let result):
          group.cancelAll()
          return (result, cause)
        case .cancelled(let reason):
          guard cause == nil else { break }
          cause = reason
          onCancel(reason)
          group.cancelAll()
        }
      }
      return (.failure(lostError), cause)
    }
  }

  /// Runs the call until it ends, whatever happens meanwhile.
  private func callToItsEnd(
    _ onDeadline: @escaping @Sendable (Cause) -> Void
  ) async -> (Result<Void, BackendError>, Cause?) {
    let deadline = backend.deadline(step.operation, subject)
    return await withTaskGroup(of: Result<Void, BackendError>?.self) { group in
      group.addTask { await UncancellableTask.runOnce { await apply() } }
      group.addTask {
        if (try? await time.sleep(deadline)) != nil { onDeadline(.deadline(deadline)) }
        return nil
      }
      for await result in group {
        guard let result else { continue }
        group.cancelAll()
        return (result, nil)
      }
      return (.failure(lostError), nil)
    }
  }

  /// Applies the step while the lease is held.
  private func apply() async -> Result<Void, BackendError> {
    await MutationFence.$lease.withValue(LeaseCheck(of: StepIdentity(id, step.operation), isHeld)) {
      await backend.apply(step.operation, subject, context)
    }
  }

  private var lostError: BackendError {
    BackendError(code: "step.lost", "‘\(step.summary)’ ended without a result")
  }

  /// The message about a call that does not end.
  private func text(of cause: Cause) -> String {
    let next = "nothing else starts on \(id) until it does; check whether \(backend.system) answers"
    if !isInterruptible, case .deadline(let span) = cause {
      return
        "‘\(step.summary)’ has taken longer than \(span). It is not cancelled, because it cannot be undone "
        + "half-way, and the call to \(backend.system) has not returned: \(next)"
    }
    let why =
      switch cause {
      case .deadline(let span): "it took longer than \(span)"
      case .superseded(let revision): "revision \(revision) changes \(id)"
      case .yielded(let other): "\(other) needs the environment"
      }
    return
      "‘\(step.summary)’ was cancelled because \(why), but the call to \(backend.system) has not returned: "
      + next
  }

  /// The error of a call that exceeded its deadline.
  func deadlineError(after span: TimeSpan) -> BackendError {
    BackendError(
      code: "step.deadline",
      "\(backend.system) did not finish ‘\(step.summary)’ within \(span), so it was cancelled",
      hint: "check whether \(backend.system) answers and what keeps it busy; the step is retried",
      effect: .uncertain)
  }
}
