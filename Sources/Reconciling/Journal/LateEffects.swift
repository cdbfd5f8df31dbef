package import Model

// A step that was given up, cut off or timed out may take effect after everybody stopped waiting for it. A resource that
// leaves is not forgotten before that is over: else what comes late would be nobody's. What was worked on a moment ago
// and is gone without having been deleted may be a look at the past, and is not forgotten at once either.

extension Engine {
  /// For so long after its end a step without a certain outcome may still take effect.
  package static let settlingSpan = TimeSpan(seconds: 60)
}

extension ResourceFinding {
  /// Gone, and not forgotten yet.
  package var isSettling: Bool { status.condition(.progressing)?.reason == StatusRules.settling }
}

extension BackendError {
  /// Whether the call may have taken effect, or still will.
  package var isUncertain: Bool {
    code.rawValue.hasSuffix(".timedOut") || code.rawValue.hasSuffix(".cancelled")
      || code.rawValue.hasSuffix(".deadline")
  }
}

extension JournalOutcome {
  /// What the text of a failure ends in that does not tell whether the step took effect.
  package static let uncertainty = "; it may still take effect"

  static func failed(with error: BackendError) -> JournalOutcome {
    .failed(error.description + (error.isUncertain ? uncertainty : ""))
  }

  /// Whether the step may still take effect.
  package var isUncertain: Bool {
    switch self {
    case .done: false
    case .failed(let text): text.hasSuffix(JournalOutcome.uncertainty)
    case .interrupted, .superseded: true
    }
  }
}
