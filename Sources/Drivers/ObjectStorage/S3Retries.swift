/// The number of attempts of a request, and the delays between them. Pure.
package struct S3Retries: Sendable, Hashable {
  /// The maximum number of attempts, the first one included.
  package let tries: Int
  /// The delay after the first attempt; doubles with each.
  package let first: Duration
  package let longest: Duration

  package init(tries: Int = 5, first: Duration = .milliseconds(200), longest: Duration = .seconds(10)) {
    self.tries = tries
    self.first = first
    self.longest = longest
  }

  /// The delay before the next attempt; nil for none. Between half and the whole of the doubled time, derived
  /// from the target, so that requests which failed together are not repeated together.
  func rest(after tries: Int, for target: String) -> Duration? {
    guard tries < self.tries else { return nil }
    let whole = min(first * (1 << min(tries - 1, 20)), longest)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(target)#\(tries)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return whole / 2 + whole / 2 * Int(hash % 1001) / 1000
  }
}
