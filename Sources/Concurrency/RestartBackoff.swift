/// The delays before the restarts of a child that ends again and again: `first`, doubled for each end in a
/// row, at most `max`. A child that ran for `stableAfter` starts over at `first`.
package struct RestartBackoff: Hashable, Sendable {
  private let first: Duration
  private let max: Duration
  private let stableAfter: Duration
  /// The ends in a row.
  private var ends = 0

  package init(first: Duration, max: Duration, stableAfter: Duration = .seconds(60)) {
    self.first = first
    self.max = max
    self.stableAfter = stableAfter
  }

  /// Counts one end and returns the delay before the next start.
  /// - Parameter span: how long the child ran; zero if it did not start.
  package mutating func delay(afterRunOf span: Duration) -> Duration {
    ends = span >= stableAfter ? 1 : ends + 1
    // Doubles at most 30 times, so that the factor fits.
    return min(first * (1 << min(ends - 1, 30)), max)
  }
}
