package import Model

/// The time as the loop sees it, so that tests drive it.
package struct TimeSource: Sendable {
  package let now: @Sendable () -> Timestamp
  /// Returns after the span, or throws `CancellationError` when the task is cancelled.
  package let sleep: @Sendable (TimeSpan) async throws -> Void

  /// Time since some moment in the past, by a clock that nobody sets and that runs on while the process is stopped.
  package let uptime: @Sendable () -> TimeSpan

  /// - Parameter uptime: nil where `now` is never set back or forth.
  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (TimeSpan) async throws -> Void,
    uptime: (@Sendable () -> TimeSpan)? = nil
  ) {
    self.now = now
    self.sleep = sleep
    self.uptime = uptime ?? { now() - Timestamp(microseconds: 0) }
  }
}
