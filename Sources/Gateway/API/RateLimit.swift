package import Model

/// A rate limit: `perSecond` on average, `burst` at once.
package struct Rate: Hashable, Sendable {
  package let perSecond: Int64
  package let burst: Int64

  package init(perSecond: Int64, burst: Int64) {
    self.perSecond = max(1, perSecond)
    self.burst = max(1, burst)
  }

  /// The burst is the amount of two seconds.
  package init(perSecond: Int64) { self.init(perSecond: perSecond, burst: 2 * perSecond) }
}

/// A token bucket. Counts thousandths, so that every millisecond adds a whole number.
package struct RateBucket: Hashable, Sendable {
  private var thousandths: Int64
  private var filledAt: TimeSpan

  package init(full rate: Rate, at time: TimeSpan) {
    thousandths = rate.burst * 1000
    filledAt = time
  }

  /// - Returns: Nil when the bucket had a token; otherwise the milliseconds until it has one.
  package mutating func consume(_ rate: Rate, at time: TimeSpan) -> Int64? {
    fill(rate, at: time)
    guard thousandths >= 1000 else { return (1000 - thousandths + rate.perSecond - 1) / rate.perSecond }
    thousandths -= 1000
    return nil
  }

  /// Whether the bucket is empty; takes nothing.
  package mutating func isEmpty(_ rate: Rate, at time: TimeSpan) -> Bool {
    fill(rate, at: time)
    return thousandths < 1000
  }

  package mutating func isFull(_ rate: Rate, at time: TimeSpan) -> Bool {
    fill(rate, at: time)
    return thousandths == rate.burst * 1000
  }

  private mutating func fill(_ rate: Rate, at time: TimeSpan) {
    let passed = max(0, time.milliseconds - filledAt.milliseconds)
    let (added, overflow) = passed.multipliedReportingOverflow(by: rate.perSecond)
    thousandths = min(rate.burst * 1000, overflow ? rate.burst * 1000 : thousandths + added)
    filledAt = max(filledAt, time)
  }
}

/// Token buckets by name, such as addresses. Full buckets are removed when the table is full; if that does
/// not suffice, all are.
package struct RateTable: Sendable {
  private let rate: Rate
  private let maxEntries: Int
  private var buckets: [String: RateBucket] = [:]

  package init(_ rate: Rate, maxEntries: Int = 20_000) {
    self.rate = rate
    self.maxEntries = maxEntries
  }

  package var count: Int { buckets.count }

  /// - Returns: Nil when the bucket had a token; otherwise the milliseconds until it has one.
  package mutating func consume(_ name: String, at time: TimeSpan) -> Int64? {
    if buckets[name] == nil, buckets.count >= maxEntries { sweep(at: time) }
    return buckets[name, default: RateBucket(full: rate, at: time)].consume(rate, at: time)
  }

  /// Whether the bucket is empty; takes nothing.
  package mutating func isEmpty(_ name: String, at time: TimeSpan) -> Bool {
    buckets[name]?.isEmpty(rate, at: time) ?? false
  }

  private mutating func sweep(at time: TimeSpan) {
    buckets = buckets.filter { entry in
      var bucket = entry.value
      return !bucket.isFull(rate, at: time)
    }
    if buckets.count >= maxEntries { buckets = [:] }
  }
}
