import Model
import Testing

@testable import JobModel
@testable import JobStore
@testable import Placement

extension JobTests {
  /// What happens to a job when an attempt ends.
  @Suite struct JobOutcomeTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      let end: AttemptEnd
      let outcome: JobOutcome
      let change: @Sendable (inout JobOutcome.Facts) -> Void
      var testDescription: String { reason }

      init(
        _ reason: String, _ end: AttemptEnd, _ outcome: JobOutcome,
        _ change: @escaping @Sendable (inout JobOutcome.Facts) -> Void = { _ in }
      ) {
        (self.reason, self.end, self.outcome, self.change) = (reason, end, outcome, change)
      }
    }

    /// Ten units of a credit each, all held, on its first node, in the middle of its time.
    private static var facts: JobOutcome.Facts {
      JobOutcome.Facts(
        units: 10, unitPrice: credits(1), held: credits(10), doneUnits: 4, usage: WorkUsage(),
        cancelledBy: nil, isOverflow: false, failedNodes: 1, stopAt: Timestamp(seconds: 1000),
        deadline: Timestamp(seconds: 1000), now: Timestamp(seconds: 500),
        escalation: Escalation(settings: SchedulerSettings(), hasOverflowNodes: true),
        rates: TimeRates(gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 100_000)))
    }

    private static func credits(_ count: Int64) -> Credits { Credits(micro: count * 1_000_000) }
    private static let broke = AttemptEnd.failed("broke", isFinal: false)
    private static func failed(_ reason: String, _ cost: Int64 = 0) -> JobOutcome {
      .over(.failed, reason: reason, cost: credits(cost))
    }

    static let cases: [Case] = [
      Case("A succeeded attempt", .succeeded, .over(.succeeded, reason: nil, cost: credits(4))),
      Case(
        "more units than ordered are not paid", .succeeded,
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
      Case("time costs at most what is held", .succeeded, .over(.succeeded, reason: nil, cost: credits(10))) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: .max)
      },
      Case("without rates time costs nothing", .succeeded, .over(.succeeded, reason: nil, cost: credits(0))) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: 60_000)
        $0.rates = nil
      },
      Case(
        "a job that succeeded before it was stopped is paid", .succeeded,
        .over(.succeeded, reason: nil, cost: credits(4))
      ) {
        $0.cancelledBy = "ada"
        $0.now = $0.deadline
      },
      Case(
        "a cancelled job pays for finished units", broke,
        .over(.cancelled, reason: "cancelled by ada", cost: credits(4))
      ) { $0.cancelledBy = "ada" },
      Case(
        "a lost attempt of a cancelled job", .lost,
        .over(.cancelled, reason: "cancelled by ada", cost: credits(4))
      ) {
        $0.cancelledBy = "ada"
        $0.now = $0.deadline
      },
      Case("a job after its deadline costs nothing", broke, failed("its deadline passed")) {
        $0.now = $0.deadline
      },
      Case("a job whose credits are used up", broke, failed("its 4 credits do not pay for more", 4)) {
        $0.held = credits(4)
      },
      Case("a failed attempt with all units done is retried", broke, .retry(escalates: false)) {
        $0.doneUnits = 10
      },
      Case("a job whose paid time is used up", .lost, failed("its 10 credits do not pay for more", 10)) {
        $0.unitPrice = nil
        $0.usage = WorkUsage(cpu: 6_000_000)
        $0.stopAt = $0.now
      },
      Case("a free module uses up no credits", broke, .retry(escalates: false)) {
        $0.unitPrice = Credits(micro: 0)
        $0.stopAt = Timestamp(seconds: 600)
      },
      Case(
        "a final failure ends the job", .failed("no storyboard", isFinal: true), failed("no storyboard")),
      Case("the first failure is retried on another node", broke, .retry(escalates: false)),
      Case("so is a lost attempt", .lost, .retry(escalates: false)),
      Case("two failed nodes escalate the job (seeds 3.1)", broke, .retry(escalates: true)) {
        $0.failedNodes = 2
      },
      Case(
        "without overflow nodes the job fails", .lost,
        failed(
          "failed on 2 different nodes: the node sent no report until the lease expired; "
            + "there is no overflow node"
        )
      ) {
        $0.failedNodes = 2
        $0.escalation = Escalation(settings: SchedulerSettings(), hasOverflowNodes: false)
      },
      Case("settings without escalation", broke, failed("failed on 1 different node: broke")) {
        var settings = SchedulerSettings()
        settings.differentNodes = 1
        settings.escalates = false
        $0.escalation = Escalation(settings: settings, hasOverflowNodes: true)
      },
      Case("a preempted attempt is no failure", .preempted("the container is replaced"), .requeue) {
        $0.failedNodes = 2
        $0.isOverflow = true
      },
      Case(
        "a preempted attempt of a cancelled job", .preempted("the container is replaced"),
        .over(.cancelled, reason: "cancelled by ada", cost: credits(4))
      ) { $0.cancelledBy = "ada" },
      Case(
        "a preempted attempt after the deadline", .preempted("the container is replaced"),
        failed("its deadline passed")
      ) { $0.now = $0.deadline },
      Case("a failure in the overflow pool is final", broke, failed("failed on an overflow node too: broke"))
      {
        $0.isOverflow = true
      },
    ]

    @Test("The outcome of an attempt decides that of its job", arguments: cases)
    func outcome(_ entry: Case) {
      var facts = JobOutcomeTests.facts
      entry.change(&facts)
      #expect(JobOutcome.of(entry.end, facts) == entry.outcome)
    }
  }
}
