package import Model

/// The time as the loop sees it, so that tests drive it.
package struct TimeSource: Sendable {
  package let now: @Sendable () -> Timestamp
  /// Returns after the span, or throws `CancellationError` when the task is cancelled.
  package let sleep: @Sendable (TimeSpan) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (TimeSpan) async throws -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }
}
