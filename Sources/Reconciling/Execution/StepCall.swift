internal import Model

/// One call of a backend, with what may end it early: its deadline and a newer revision. The call is cancelled then
/// and waited for, because a resource is never worked on twice at once.
struct StepCall: Sendable {
  /// Why a call was cancelled.
  enum Cause: Hashable, Sendable {
    case deadline(TimeSpan)
    case superseded(by: Int64)
    /// Somebody wants the environment for himself.
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
  /// Told when a cancelled call has not ended for a while, with the text to show.
  let lingers: @Sendable (String) async -> Void

  /// How long a cancelled call may take to end before people are told.
  private static let patience = TimeSpan(seconds: 1)

  private enum Signal: Sendable {
    case ended(Result<Void, BackendError>)
    case cut(Cause)
    case idle
  }

  /// What the backend answered, and why the call was cancelled before, if it was.
  func run() async -> (result: Result<Void, BackendError>, cause: Cause?) {
    let (cuts, cut) = AsyncStream<Cause>.makeStream()
    defer { control.endStep(of: id) }
    return await withTaskGroup(of: (Result<Void, BackendError>, Cause?)?.self) { group in
      group.addTask { await race { cut.yield($0) } }
      group.addTask {
        for await cause in cuts {
          if (try? await time.sleep(StepCall.patience)) != nil { await lingers(text(of: cause)) }
        }
        return nil
      }
      for await ending in group {
        guard let ending else { continue }
        group.cancelAll()
        return ending
      }
      return (.failure(BackendError(code: "step.lost", "\(step.summary) ended without an answer")), nil)
    }
  }

  /// The call beside what may cut it short; ends when the call has ended.
  private func race(_ isCut: @Sendable (Cause) -> Void) async -> (Result<Void, BackendError>, Cause?) {
    let deadline = backend.deadline(step.operation, subject)
    return await withTaskGroup(of: Signal.self) { group in
      group.addTask { .ended(await backend.apply(step.operation, subject, context)) }
      group.addTask { (try? await time.sleep(deadline)) == nil ? .idle : .cut(.deadline(deadline)) }
      group.addTask {
        await control.cut(of: id, isRoutine: step.action == .maintain).map { .cut($0) } ?? .idle
      }
      var cause: Cause?
      for await signal in group {
        switch signal {
        case .idle: break
        case .ended(let result):
          group.cancelAll()
          return (result, cause)
        case .cut(let reason):
          guard cause == nil else { break }
          cause = reason
          isCut(reason)
          group.cancelAll()
        }
      }
      return (.failure(BackendError(code: "step.lost", "\(step.summary) ended without an answer")), cause)
    }
  }

  /// What is said about a cancelled call that does not end.
  private func text(of cause: Cause) -> String {
    let why =
      switch cause {
      case .deadline(let span): "it took longer than \(span)"
      case .superseded(let revision): "revision \(revision) changes \(id)"
      case .yielded(let other): "\(other) wants the environment"
      }
    return "‘\(step.summary)’ was given up because \(why), but \(backend.system) has not let go of it yet: "
      + "nothing else is begun on \(id) before that; see whether \(backend.system) answers"
  }

  /// What a step that took too long has failed with. `end` is what its backend said when it was cancelled.
  func lateError(after span: TimeSpan) -> BackendError {
    BackendError(
      code: "step.deadline",
      "\(backend.system) did not finish ‘\(step.summary)’ within \(span), so it was given up",
      hint: "see whether \(backend.system) answers and what keeps it busy; it is tried again")
  }
}
