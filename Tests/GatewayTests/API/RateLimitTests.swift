import Gateway
import KindTestSupport
import Model
import RandomSupport
import Testing

struct RateLimitTests {
  private static func at(_ milliseconds: Int64) -> TimeSpan { TimeSpan(milliseconds: milliseconds) }

  @Test("A burst passes at once, then the rate applies")
  func aBurstPassesAtOnceThenTheRateApplies() {
    let rate = Rate(perSecond: 10, burst: 3)
    var bucket = RateBucket(full: rate, at: Self.at(0))
    let burst = (0..<4).map { _ in bucket.consume(rate, at: Self.at(0)) }
    #expect(burst == [nil, nil, nil, 100], "the fourth comes in 100 ms")
    #expect(bucket.consume(rate, at: Self.at(99)) == 1)
    #expect(bucket.consume(rate, at: Self.at(100)) == nil)
    #expect(bucket.consume(rate, at: Self.at(10_000)) == nil)
    #expect(
      bucket.consume(rate, at: Self.at(5_000)) == nil,
      "a clock that goes back gives nothing and takes nothing")
  }

  @Test("Never more than the burst and the rate in any span")
  func neverMoreThanTheBurstAndTheRateInAnySpan() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed: \(seed)")
    var generator = SeededRandom(seed: seed)
    for _ in 0..<200 {
      let rate = Rate(
        perSecond: Int64(1 + generator.int(2000)), burst: Int64(1 + generator.int(50)))
      var bucket = RateBucket(full: rate, at: Self.at(0))
      var (time, taken): (Int64, [Int64]) = (0, [])
      for _ in 0..<400 {
        time += Int64(generator.int(20))
        if let wait = bucket.consume(rate, at: Self.at(time)) {
          #expect(wait > 0)
          var later = bucket
          #expect(later.consume(rate, at: Self.at(time + wait)) == nil, "waiting suffices")
        } else {
          taken.append(time)
        }
      }
      for (index, start) in taken.enumerated() {
        let maximum = rate.burst + (taken.last! - start) * rate.perSecond / 1000 + 1
        #expect(Int64(taken.count - index) <= maximum, "\(rate) \(seed)")
      }
    }
  }

  @Test("A table removes idle names, and never exceeds its limit")
  func aTableRemovesIdleNamesAndNeverExceeds() {
    var table = RateTable(Rate(perSecond: 1, burst: 1), maxEntries: 100)
    for number in 0..<1000 { _ = table.consume("a\(number)", at: Self.at(Int64(number))) }
    #expect(table.count <= 100)
    #expect(table.consume("x", at: Self.at(1000)) == nil)
    #expect(table.consume("x", at: Self.at(1000)) != nil)
  }
}
