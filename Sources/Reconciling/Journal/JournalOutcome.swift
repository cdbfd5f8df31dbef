package import Model

/// The end of a step.
package enum JournalOutcome: Hashable, Sendable {
  case done
  case failed(String, effect: StepEffect)
  /// The controller ended before the outcome was known. The next observation shows the state.
  case interrupted
  /// The step was cancelled because a newer revision or an exclusive process replaces it. The next
  /// observation shows the state.
  case superseded(String)

  /// The word that is stored and that programs read.
  package enum Word: String, Sendable, CaseIterable {
    case done, failed, interrupted, superseded
  }

  package var word: Word {
    switch self {
    case .done: .done
    case .failed: .failed
    case .interrupted: .interrupted
    case .superseded: .superseded
    }
  }

  /// What is stored beside the word: why the step failed or was cancelled.
  package var message: String? {
    switch self {
    case .failed(let text, _), .superseded(let text): text
    case .done, .interrupted: nil
    }
  }

  /// Whether the step may still take effect. Nil for a step that was done.
  package var effect: StepEffect? {
    switch self {
    case .done: nil
    case .failed(_, let effect): effect
    case .interrupted, .superseded: .uncertain
    }
  }

  /// Combines what is stored in separate columns or members.
  /// - Parameter effect: Nil counts as settled.
  package init(_ word: Word, message: String?, effect: StepEffect?) {
    switch word {
    case .done: self = .done
    case .failed: self = .failed(message ?? "", effect: effect ?? .settled)
    case .interrupted: self = .interrupted
    case .superseded: self = .superseded(message ?? "")
    }
  }
}
