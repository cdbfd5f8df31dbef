package import Model

/// The clocks of the loop, which tests replace.
package struct TimeSource: Sendable {
  package let now: @Sendable () -> Timestamp
  /// Returns after the span, or throws `CancellationError` when the task is cancelled.
  package let sleep: @Sendable (TimeSpan) async throws -> Void
  /// Time since some moment in the past, by a clock that is never set and that continues while the process is
  /// stopped.
  package let uptime: @Sendable () -> TimeSpan

  /// - Parameter uptime: Nil when `now` is never set forward or back.
  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (TimeSpan) async throws -> Void,
    uptime: (@Sendable () -> TimeSpan)? = nil
  ) {
    self.now = now
    self.sleep = sleep
    self.uptime = uptime ?? { now() - Timestamp(microseconds: 0) }
  }
}
