internal import Model

/// One call of a backend, which its deadline or a newer revision may cancel. A cancelled call is awaited,
/// because a resource is never worked on twice at the same time.
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
  /// Called with a message when a cancelled call has not ended for a while.
  let onLingering: @Sendable (String) async -> Void

  /// How long a cancelled call may take to end before it is reported.
  private static let cancellationTimeout = TimeSpan(seconds: 1)

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
      group.addTask { await call { feed.yield($0) } }
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
      group.addTask { .ended(await backend.apply(step.operation, subject, context)) }
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

  private var lostError: BackendError {
    BackendError(code: "step.lost", "‘\(step.summary)’ ended without a result")
  }

  /// The message about a cancelled call that does not end.
  private func text(of cause: Cause) -> String {
    let why =
      switch cause {
      case .deadline(let span): "it took longer than \(span)"
      case .superseded(let revision): "revision \(revision) changes \(id)"
      case .yielded(let other): "\(other) needs the environment"
      }
    return
      "‘\(step.summary)’ was cancelled because \(why), but the call to \(backend.system) has not returned: "
      + "nothing else starts on \(id) until it does; check whether \(backend.system) answers"
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
