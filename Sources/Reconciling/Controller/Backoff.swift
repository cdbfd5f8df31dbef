package import Model

/// The time between attempts of a failing resource: doubles with each failure, with a jitter that spreads
/// resources which fail together. Pure: the jitter follows from the id of the resource and the number of
/// failures.
package struct Backoff: Hashable, Sendable {
  package let first: TimeSpan
  package let max: TimeSpan

  package init(first: TimeSpan = TimeSpan(seconds: 1), max: TimeSpan = TimeSpan(seconds: 300)) {
    self.first = first
    self.max = max
  }

  /// The rest after this number of failures in a row, 1 or more: between half of the doubled time and all of
  /// it.
  package func rest(after failures: Int, of id: ResourceID) -> TimeSpan {
    let doublings = min(Swift.max(failures, 1) - 1, 30)
    let whole = min(first.milliseconds << Int64(doublings), max.milliseconds)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(id)#\(failures)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let half = Swift.max(whole / 2, 1)
    return TimeSpan(milliseconds: whole - half + Int64(hash % UInt64(half)) + 1)
  }
}
