import Model
import Reconciling
import Testing

@Suite struct BackoffTests {
  private let backoff = Backoff(first: TimeSpan(seconds: 1), max: TimeSpan(seconds: 60))

  @Test(
    "The rest is between half of the doubled time and all of it",
    arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (31, 60), (1_000_000, 60)])
  func restIsBetweenHalfAndAllOfTheDoubledTime(failures: Int, seconds: Int64) {
    for name in 0..<200 {
      let rest = backoff.rest(after: failures, of: ResourceID(kind: "Fake", name: "r\(name)")).milliseconds
      #expect(rest > seconds * 500 && rest <= seconds * 1000, "\(rest) ms after \(failures) failures")
    }
  }

  @Test("The rest follows from the resource and the count, and spreads resources")
  func restIsDeterministicAndSpread() {
    let rests = (0..<100).map { backoff.rest(after: 3, of: ResourceID(kind: "Fake", name: "r\($0)")) }
    #expect(rests == (0..<100).map { backoff.rest(after: 3, of: ResourceID(kind: "Fake", name: "r\($0)")) })
    #expect(Set(rests).count > 80)
  }
}
