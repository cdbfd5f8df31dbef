/// The number of attempts of a request, and the delays between them. Pure.
package struct RetryPolicy: Sendable, Hashable {
  /// The maximum number of attempts, the first one included.
  package let attempts: Int
  /// The delay after the first attempt; doubles with each.
  package let initialDelay: Duration
  /// The maximum delay; when the peer requests a longer one, the request is not repeated.
  package let maxDelay: Duration

  package init(
    attempts: Int, initialDelay: Duration = .milliseconds(500), maxDelay: Duration = .seconds(20)
  ) {
    self.attempts = attempts
    self.initialDelay = initialDelay
    self.maxDelay = maxDelay
  }

  /// The delay before the next attempt; nil for none. Between half and the whole of the doubled time, derived
  /// from the target, so that requests which failed together are not repeated together.
  /// - Parameter requested: The minimum delay that the peer requests.
  package func delay(
    afterAttempt attempt: Int, of target: String, requested: Duration? = nil
  ) -> Duration? {
    guard attempt < attempts, requested ?? .zero <= maxDelay else { return nil }
    let whole = min(initialDelay * (1 << min(attempt - 1, 20)), maxDelay)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(target)#\(attempt)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return max(whole / 2 + whole / 2 * Int(hash % 1001) / 1000, requested ?? .zero)
  }
}
