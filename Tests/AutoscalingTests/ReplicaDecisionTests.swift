import Autoscaling
import Model
import Testing

/// Decisions about the number of replicas.
@Suite struct ReplicaDecisionTests {
  /// One decision. Times are in seconds.
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let current: Int
    let pending: Int64
    var target: Int64 = 100
    var min = 1
    /// Earlier recommendations.
    var recommended: [(ago: Int64, replicas: Int)] = []
    /// Earlier additions of replicas.
    var added: [(ago: Int64, replicas: Int)] = []
    let expect: Int
    let because: ReplicaDecision.Reason
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(reason: "jobs equal to the target", current: 1, pending: 100, expect: 1, because: .fits),
    Case(reason: "10 % more is within the tolerance", current: 1, pending: 110, expect: 1, because: .fits),
    Case(
      reason: "more than 10 %: rounded up to two", current: 1, pending: 111, expect: 2, because: .moreJobs
    ),
    Case(
      reason: "10 % fewer is within the tolerance, though four suffice", current: 5, pending: 450,
      target: 100,
      expect: 5, because: .fits),
    Case(
      reason: "rounded up: 301 jobs need four", current: 2, pending: 301, expect: 4, because: .moreJobs),
    Case(
      reason: "a multiple is not rounded up", current: 2, pending: 300, expect: 3, because: .moreJobs),
    Case(
      reason: "one replica becomes at most five within 15 s", current: 1, pending: 900, expect: 5,
      because: .scaleUpLimited),
    Case(
      reason: "four were added 10 s ago: no more yet", current: 5, pending: 900, added: [(10, 4)], expect: 5,
      because: .scaleUpLimited),
    Case(
      reason: "four were added 15 s ago: the rest may be added", current: 5, pending: 900, added: [(15, 4)],
      expect: 9,
      because: .moreJobs),
    Case(
      reason: "six may double, but ten is the maximum", current: 6, pending: 5000,
      expect: 10, because: .maximum),
    Case(reason: "the maximum holds", current: 10, pending: 100_000, expect: 10, because: .maximum),
    Case(
      reason: "an empty queue without a recent recommendation: down to the minimum", current: 4, pending: 0,
      recommended: [(400, 4)], expect: 1, because: .minimum),
    Case(
      reason: "the first decision removes none", current: 6, pending: 0, expect: 6,
      because: .coolingDown),
    Case(
      reason: "the minimum of the manifest holds", current: 4, pending: 0, min: 2,
      recommended: [(400, 4)], expect: 2, because: .minimum),
    Case(
      reason: "six were recommended a minute ago: no fewer yet", current: 6, pending: 50,
      recommended: [(60, 6), (30, 2)], expect: 6, because: .coolingDown),
    Case(
      reason: "down only to the highest recommendation of the last 300 s", current: 8, pending: 50,
      recommended: [(301, 8), (200, 5), (100, 3)], expect: 5, because: .coolingDown),
    Case(
      reason: "a recommendation of 300 s ago has expired", current: 8, pending: 250, recommended: [(300, 8)],
      expect: 3, because: .fewerJobs),
    Case(
      reason: "an older, higher recommendation adds none", current: 4, pending: 100,
      recommended: [(100, 9)], expect: 4, because: .coolingDown),
    Case(
      reason: "more jobs count immediately, whatever was recommended before", current: 2, pending: 500,
      recommended: [(20, 1), (10, 1)], expect: 5, because: .moreJobs),
    Case(
      reason: "the first replica starts without jobs", current: 0, pending: 0, expect: 1, because: .minimum),
    Case(
      reason: "the minimum starts first, whatever the number of jobs", current: 0, pending: 5000,
      min: 2, expect: 2, because: .minimum),
    Case(
      reason: "a lower maximum in the manifest has no cool-down", current: 14, pending: 0,
      recommended: [(10, 14)],
      expect: 10, because: .maximum),
    Case(
      reason: "a higher minimum in the manifest comes first", current: 1, pending: 900, min: 3, expect: 3,
      because: .minimum),
    Case(
      reason: "a target of the greatest integer: any job needs one replica", current: 3, pending: 1,
      target: .max, recommended: [(400, 3)],
      expect: 1, because: .fewerJobs),
    Case(
      reason: "a queue of the greatest integer", current: 3, pending: .max, target: 1, expect: 7,
      because: .scaleUpLimited),
  ]

  static let now = Timestamp(seconds: 1_800_000_000)

  @Test("A decision depends on jobs, limits and history", arguments: cases)
  func decision(_ testCase: Case) {
    func samples(_ list: [(ago: Int64, replicas: Int)]) -> [ReplicaHistory.Sample] {
      list.map { ReplicaHistory.Sample(Self.now + TimeSpan(seconds: -$0.ago), $0.replicas) }
    }
    var rule = ReplicaRule(target: testCase.target)
    rule.min = testCase.min
    let decision = ReplicaDecision.make(
      current: testCase.current, pending: testCase.pending, rule: rule,
      history: ReplicaHistory(
        recommendations: samples(testCase.recommended), changes: samples(testCase.added)),
      now: Self.now)
    #expect(decision.replicas == testCase.expect, "\(testCase.reason)")
    #expect(decision.reason == testCase.because, "\(testCase.reason)")
  }

  @Test("A wave of jobs scales up in two steps and down in one")
  func wave() {
    let rule = ReplicaRule(target: 100)
    var history = ReplicaHistory()
    var replicas = 1
    var changes: [String] = []
    for second in stride(from: Int64(0), through: 900, by: 15) {
      let pending: Int64 =
        switch second {
        case ..<30: 80
        case ..<120: second % 2 == 0 ? 1000 : 950
        default: 40
        }
      let decision = ReplicaDecision.make(
        current: replicas, pending: pending, rule: rule, history: history,
        now: Self.now + TimeSpan(seconds: second))
      if decision.replicas != replicas { changes.append("\(second) s: \(replicas) to \(decision.replicas)") }
      replicas = decision.replicas
      history = decision.history
      #expect(history.recommendations.count <= 21, "samples older than the cool-down are dropped")
      #expect(history.changes.count <= 1)
    }
    #expect(changes == ["30 s: 1 to 5", "45 s: 5 to 10", "405 s: 10 to 1"])
  }
}
