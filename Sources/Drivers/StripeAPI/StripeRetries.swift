/// How often a question is asked again, and after which rest. Pure.
package struct StripeRetries: Sendable, Hashable {
  /// Of one question, the first among them.
  package let tries: Int
  /// After the first try; doubles with each.
  package let first: Duration
  /// No rest is longer, and a peer that asks for a longer one is not asked again.
  package let longest: Duration

  package init(tries: Int = 4, first: Duration = .milliseconds(500), longest: Duration = .seconds(20)) {
    self.tries = tries
    self.first = first
    self.longest = longest
  }

  /// The rest before the next try; nil where there shall be none. Between half and the whole of the doubled time, by
  /// what is asked for, so that questions which failed together do not come back together; never less than the
  /// peer asked for.
  func rest(after tries: Int, _ failure: StripeFailure, for target: String) -> Duration? {
    guard failure.mayPass, tries < self.tries else { return nil }
    if let wish = failure.retryAfter, wish > longest { return nil }
    let whole = min(first * (1 << min(tries - 1, 20)), longest)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(target)#\(tries)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let rest = whole / 2 + whole / 2 * Int(hash % 1001) / 1000
    return max(rest, failure.retryAfter ?? .zero)
  }
}
