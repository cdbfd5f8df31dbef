package import Model

/// How long a failing resource rests: doubles with each failure, with a jitter that spreads resources which fail
/// together. Pure: the jitter follows from the resource's name and the count of failures.
package struct Backoff: Hashable, Sendable {
  package let first: TimeSpan
  package let longest: TimeSpan

  package init(first: TimeSpan = TimeSpan(seconds: 1), longest: TimeSpan = TimeSpan(seconds: 300)) {
    self.first = first
    self.longest = longest
  }

  /// Rest after the given number of failures in a row (1 or more): between half and the whole of the doubled time.
  package func rest(after failures: Int, of id: ResourceID) -> TimeSpan {
    let doublings = min(max(failures, 1) - 1, 30)
    let whole = min(first.milliseconds << Int64(doublings), longest.milliseconds)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(id)#\(failures)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let half = max(whole / 2, 1)
    return TimeSpan(milliseconds: whole - half + Int64(hash % UInt64(half)) + 1)
  }
}
