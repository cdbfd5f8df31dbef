package import Model

// A step that was cancelled, interrupted or timed out may take effect later. A resource that left the
// manifests is not forgotten until that is over: otherwise no inventory entry would lead to what the step
// creates. A resource that was worked on recently and disappeared without being deleted may be a stale
// observation, and is not forgotten at once either.

extension Engine {
  /// How long after its end a step without a certain outcome may still take effect.
  package static let settlingSpan = TimeSpan(seconds: 60)
}

extension ResourceFinding {
  /// Whether the resource is gone and not forgotten yet.
  package var isSettling: Bool { status.condition(.progressing)?.reason == .settling }
}

extension JournalOutcome {
  /// The outcome of a failed call. The message states when the effect is uncertain; the effect is a value of
  /// its own.
  static func failed(with error: BackendError) -> JournalOutcome {
    let remark = error.effect == .uncertain ? "; it may still take effect" : ""
    return .failed(error.description + remark, effect: error.effect)
  }
}
