import Model
import Reconciling
import Testing

@Suite struct BackoffTests {
  private let backoff = Backoff(first: TimeSpan(seconds: 1), longest: TimeSpan(seconds: 60))

  @Test(arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (31, 60), (1_000_000, 60)])
  func `rests between half and the whole of the doubled time`(failures: Int, seconds: Int64) {
    for name in 0..<200 {
      let rest = backoff.rest(after: failures, of: ResourceID(kind: "Fake", name: "r\(name)")).milliseconds
      #expect(rest > seconds * 500 && rest <= seconds * 1000, "\(rest) ms after \(failures) failures")
    }
  }

  @Test func `the same resource and count give the same rest, others spread`() {
    let rests = (0..<100).map { backoff.rest(after: 3, of: ResourceID(kind: "Fake", name: "r\($0)")) }
    #expect(rests == (0..<100).map { backoff.rest(after: 3, of: ResourceID(kind: "Fake", name: "r\($0)")) })
    #expect(Set(rests).count > 80)
  }
}
