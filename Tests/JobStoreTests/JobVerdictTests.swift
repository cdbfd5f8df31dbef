import Model
import Testing

@testable import JobModel
@testable import JobStore
@testable import Placement

extension JobTests {
  /// What becomes of a job when an attempt ends.
  @Suite struct Verdicts {
    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      let end: AttemptEnd
      let verdict: JobVerdict
      let change: @Sendable (inout JobVerdict.Facts) -> Void
      var testDescription: String { reason }

      init(
        _ reason: String, _ end: AttemptEnd, _ verdict: JobVerdict,
        _ change: @escaping @Sendable (inout JobVerdict.Facts) -> Void = { _ in }
      ) {
        (self.reason, self.end, self.verdict, self.change) = (reason, end, verdict, change)
      }
    }

    /// Ten units of a credit each, all held, on its first node, in the middle of its time.
    private static var facts: JobVerdict.Facts {
      JobVerdict.Facts(
        units: 10, unitPrice: credits(1), held: credits(10), doneUnits: 4, usage: WorkUsage(),
        cancelledBy: nil, isOverflow: false, failedNodes: 1, stopAt: Timestamp(seconds: 1000),
        deadline: Timestamp(seconds: 1000), now: Timestamp(seconds: 500), settings: SchedulerSettings(),
        hasOverflow: true,
        rates: TimeRates(gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 100_000)))
    }

    private static func credits(_ count: Int64) -> Credits { Credits(micro: count * 1_000_000) }
    private static let broke = AttemptEnd.failed("broke", isFinal: false)
    private static func failed(_ reason: String, _ cost: Int64 = 0) -> JobVerdict {
      .over(.failed, reason: reason, cost: credits(cost))
    }

    static let cases: [Case] = [
      Case("it is done", .succeeded, .over(.succeeded, reason: nil, cost: credits(4))),
      Case(
        "more units than were ordered are not paid", .succeeded,
        .over(.succeeded, reason: nil, cost: credits(10))
      ) {
        $0.doneUnits = .max
      },
      Case("no units cost nothing", .succeeded, .over(.succeeded, reason: nil, cost: credits(0))) {
        $0.doneUnits = -1
      },
      Case(
        "a price that overflows costs what is held", .succeeded,
        .over(.succeeded, reason: nil, cost: credits(10))
      ) {
        $0.unitPrice = Credits(micro: .max / 2)
      },
      Case(
        "time is paid by the GPU where one was used", .succeeded,
        .over(.succeeded, reason: nil, cost: credits(2))
      ) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(gpu: 300_000, cpu: 300_000)
      },
      Case("time costs no more than is held", .succeeded, .over(.succeeded, reason: nil, cost: credits(10))) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: .max)
      },
      Case("nothing says what time costs", .succeeded, .over(.succeeded, reason: nil, cost: credits(0))) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: 60_000)
        $0.rates = nil
      },
      Case(
        "who was done before they were stopped is paid", .succeeded,
        .over(.succeeded, reason: nil, cost: credits(4))
      ) {
        $0.cancelledBy = "ada"
        $0.now = $0.deadline
      },
      Case(
        "what was done until it was cancelled is paid", broke,
        .over(.cancelled, reason: "cancelled by ada", cost: credits(4))
      ) { $0.cancelledBy = "ada" },
      Case(
        "a node that is lost does not undo that it was cancelled", .lost,
        .over(.cancelled, reason: "cancelled by ada", cost: credits(4))
      ) {
        $0.cancelledBy = "ada"
        $0.now = $0.deadline
      },
      Case("too late costs nothing", broke, failed("its deadline passed")) { $0.now = $0.deadline },
      Case("credits that end are used up", broke, failed("its 4 credits do not pay for more", 4)) {
        $0.held = credits(4)
      },
      Case("all units done but not told as success go elsewhere", broke, .again(escalated: false)) {
        $0.doneUnits = 10
      },
      Case("paid time that ends is used up", .lost, failed("its 10 credits do not pay for more", 10)) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: 6_000_000)
        $0.stopAt = $0.now
      },
      Case("a module without a price never uses up anything", broke, .again(escalated: false)) {
        $0.unitPrice = Credits(micro: 0)
        $0.stopAt = Timestamp(seconds: 600)
      },
      Case(
        "another node would refuse it too", .failed("no storyboard", isFinal: true), failed("no storyboard")),
      Case("the first failure goes to another node", broke, .again(escalated: false)),
      Case("so does a lost node", .lost, .again(escalated: false)),
      Case("two nodes are enough for the overflow pool (seeds 3.1)", broke, .again(escalated: true)) {
        $0.failedNodes = 2
      },
      Case(
        "without overflow nodes it is over", .lost,
        failed(
          "failed on 2 different nodes: the node said nothing until the lease ended; there is no overflow node"
        )
      ) {
        $0.failedNodes = 2
        $0.hasOverflow = false
      },
      Case("settings say not to escalate", broke, failed("failed on 1 different node: broke")) {
        $0.settings.differentNodes = 1
        $0.settings.escalates = false
      },
      Case("the overflow pool is the last", broke, failed("failed on an overflow node too: broke")) {
        $0.isOverflow = true
      },
    ]

    @Test(arguments: cases) func isJudgedAsSaid(_ entry: Case) {
      var facts = Verdicts.facts
      entry.change(&facts)
      #expect(JobVerdict.of(entry.end, facts) == entry.verdict)
    }
  }
}
