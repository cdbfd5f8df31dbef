import Concurrency
import Testing

@Suite struct RestartBackoffTests {
  @Test("Delays double up to the limit, and start over after a stable run")
  func delaysDouble() {
    var backoff = RestartBackoff(first: .milliseconds(100), max: .seconds(1), stableAfter: .seconds(60))
    var delays: [Duration] = []
    for run in [Duration.seconds(3600), .zero, .seconds(1), .zero, .seconds(59), .seconds(59), .seconds(60)] {
      delays.append(backoff.delay(afterRunOf: run))
    }
    let expected = [100, 200, 400, 800, 1000, 1000, 100].map { Duration.milliseconds($0) }
    #expect(delays == expected)
  }

  @Test("A thousand ends in a row keep the limit") func manyEnds() {
    var backoff = RestartBackoff(first: .milliseconds(100), max: .seconds(5))
    for _ in 0..<1000 { _ = backoff.delay(afterRunOf: .zero) }
    #expect(backoff.delay(afterRunOf: .zero) == .seconds(5))
  }
}
