import Autoscaling
import Model
import Testing

@Suite struct ReplicaDecisionTests {
  /// One look at the queue. Times are seconds.
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let current: Int
    let pending: Int64
    var target: Int64 = 100
    var least = 1
    /// When how many were recommended, in seconds before now.
    var before: [(ago: Int64, replicas: Int)] = []
    /// How many came when, in seconds before now.
    var came: [(ago: Int64, replicas: Int)] = []
    let expect: Int
    let because: ReplicaDecision.Reason
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(reason: "exactly what one is there for", current: 1, pending: 100, expect: 1, because: .fits),
    Case(reason: "10 % more is within the tolerance", current: 1, pending: 110, expect: 1, because: .fits),
    Case(
      reason: "one more than 10 %: rounded up to two", current: 1, pending: 111, expect: 2, because: .moreJobs
    ),
    Case(
      reason: "10 % fewer is within the tolerance, though four would do", current: 5, pending: 450,
      target: 100,
      expect: 5, because: .fits),
    Case(
      reason: "rounded up: 301 jobs need four", current: 2, pending: 301, expect: 4, because: .moreJobs),
    Case(
      reason: "a multiple is not rounded up", current: 2, pending: 300, expect: 3, because: .moreJobs),
    Case(
      reason: "one replica becomes at most five within 15 s", current: 1, pending: 900, expect: 5,
      because: .risingSlowly),
    Case(
      reason: "four came 10 s ago: no more yet", current: 5, pending: 900, came: [(10, 4)], expect: 5,
      because: .risingSlowly),
    Case(
      reason: "four came 15 s ago: the rest may come", current: 5, pending: 900, came: [(15, 4)], expect: 9,
      because: .moreJobs),
    Case(
      reason: "six may double, which is more than four more, but ten is the most", current: 6, pending: 5000,
      expect: 10, because: .most),
    Case(reason: "never more than the most", current: 10, pending: 100_000, expect: 10, because: .most),
    Case(
      reason: "an empty queue and none was needed lately: down to the least", current: 4, pending: 0,
      before: [(400, 4)], expect: 1, because: .least),
    Case(
      reason: "the first look of all takes none away", current: 6, pending: 0, expect: 6,
      because: .coolingDown),
    Case(
      reason: "the least is what the manifest says", current: 4, pending: 0, least: 2,
      before: [(400, 4)], expect: 2, because: .least),
    Case(
      reason: "six were recommended a minute ago: no fewer yet", current: 6, pending: 50,
      before: [(60, 6), (30, 2)], expect: 6, because: .coolingDown),
    Case(
      reason: "down only to the most of the last 300 s", current: 8, pending: 50,
      before: [(301, 8), (200, 5), (100, 3)], expect: 5, because: .coolingDown),
    Case(
      reason: "a recommendation of 300 s ago counts no longer", current: 8, pending: 250, before: [(300, 8)],
      expect: 3, because: .fewerJobs),
    Case(
      reason: "an older recommendation of more than there are adds none", current: 4, pending: 100,
      before: [(100, 9)], expect: 4, because: .coolingDown),
    Case(
      reason: "more jobs count at once, whatever was recommended before", current: 2, pending: 500,
      before: [(20, 1), (10, 1)], expect: 5, because: .moreJobs),
    Case(reason: "none was started yet", current: 0, pending: 0, expect: 1, because: .least),
    Case(
      reason: "none was started yet: the least first, however many jobs there are", current: 0, pending: 5000,
      least: 2, expect: 2, because: .least),
    Case(
      reason: "a manifest took the most down: no cool-down", current: 14, pending: 0, before: [(10, 14)],
      expect: 10, because: .most),
    Case(
      reason: "a manifest took the least up: that first", current: 1, pending: 900, least: 3, expect: 3,
      because: .least),
    Case(
      reason: "a target so large that nothing exceeds it: any job needs one", current: 3, pending: 1,
      target: .max, before: [(400, 3)],
      expect: 1, because: .fewerJobs),
    Case(
      reason: "a queue as long as can be", current: 3, pending: .max, target: 1, expect: 7,
      because: .risingSlowly),
  ]

  static let now = Timestamp(seconds: 1_800_000_000)

  @Test(arguments: cases) func decides(_ testCase: Case) {
    func moments(_ list: [(ago: Int64, replicas: Int)]) -> [ReplicaHistory.Moment] {
      list.map { ReplicaHistory.Moment(Self.now + TimeSpan(seconds: -$0.ago), $0.replicas) }
    }
    var rule = ReplicaRule(target: testCase.target)
    rule.least = testCase.least
    let decision = ReplicaDecision.make(
      current: testCase.current, pending: testCase.pending, rule: rule,
      history: ReplicaHistory(recommendations: moments(testCase.before), changes: moments(testCase.came)),
      now: Self.now)
    #expect(decision.replicas == testCase.expect, "\(testCase.reason)")
    #expect(decision.reason == testCase.because, "\(testCase.reason)")
  }

  @Test("a wave of jobs: up in two leaps, down once when it is long over, and nothing in between")
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
      #expect(history.recommendations.count <= 21, "nothing older than the cool-down is kept")
      #expect(history.changes.count <= 1)
    }
    #expect(changes == ["30 s: 1 to 5", "45 s: 5 to 10", "405 s: 10 to 1"])
  }
}
