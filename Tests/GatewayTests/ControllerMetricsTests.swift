import Gateway
import Model
import Reconciling
import Testing

@Suite struct ControllerMetricsTests {
  private struct Operation: StepOperation {}
  private static let echo = ResourceID(kind: "Module", name: "echo")

  private let metrics = ControllerMetrics(
    environment: "dev", version: "1.2.3", now: { Timestamp(milliseconds: 1_700_000_000_500) },
    logErrors: { 3 })

  private func process(_ progress: Progress...) { for progress in progress { metrics.handler(progress) } }
  private func shows(_ line: String) -> Bool { metrics.text().split(separator: "\n").contains { $0 == line } }

  private func status(_ name: String, _ type: Condition.Kind) -> ResourceStatus {
    let condition = Condition(
      type, true, reason: .kind("R"), message: "", since: Timestamp(seconds: 1), observedRevision: 1)
    return ResourceStatus(
      id: ResourceID(kind: "Module", name: name), revision: 1, conditions: [condition], failures: 0,
      nextAttempt: nil, mode: .enforce)
  }

  private func event(_ reason: EventReason, _ id: ResourceID?) -> Event {
    Event(at: Timestamp(seconds: 1), id: id, isWarning: false, reason: reason, message: "", revision: 1)
  }

  @Test("Counts steps, failures and drift by kind")
  func countsStepsFailuresAndDriftByKind() {
    let step: AnyStep = Step(.update, "change it", because: "differs", operation: Operation())
    let error = BackendError(code: "docker.down", "it broke")
    process(
      .finished(Self.echo, step: step, after: TimeSpan(milliseconds: 20), error: nil),
      .finished(Self.echo, step: step, after: TimeSpan(milliseconds: 80), error: error),
      .note(event(.driftDetected, Self.echo)), .note(event(.driftDetected, Self.echo)),
      .note(event(.driftHealed, Self.echo)), .note(event(.stateUnavailable, nil)),
      .loop(.storeFailed(StoreError(code: "c", "m"))))
    #expect(shows(#"rendertrust_step_duration_seconds_count{kind="Module",action="update"} 2"#))
    #expect(shows(#"rendertrust_step_failures_total{kind="Module",action="update"} 1"#))
    #expect(shows(#"rendertrust_drift_detected_total{kind="Module"} 2"#))
    #expect(shows(#"rendertrust_drift_healed_total{kind="Module"} 1"#))
    #expect(shows("rendertrust_state_errors_total 1"))
    #expect(!metrics.text().contains("it broke"), "no text of the world becomes a label")
  }

  @Test("Shows each resource once, under its current condition")
  func showsEachResourceOnceUnderItsCurrent() {
    process(
      .settled([status("a", .ready), status("b", .degraded)]),
      .settled([status("b", .ready), status("c", .blocked)]))
    #expect(shows(#"rendertrust_resources{kind="Module",condition="Ready"} 2"#))
    #expect(shows(#"rendertrust_resources{kind="Module",condition="Blocked"} 1"#))
    #expect(!metrics.text().contains(#"condition="Degraded""#))
    process(.note(event(.removed, ResourceID(kind: "Module", name: "a"))))
    #expect(shows(#"rendertrust_resources{kind="Module",condition="Ready"} 1"#))
  }

  @Test("Exposes the processes that the server starts; a PostgreSQL that is not used has no number")
  func children() {
    metrics.setChildren(
      ChildNumbers(isPostgresUp: nil, postgresRestarts: 0, schedulers: 0, schedulerCrashes: 0))
    #expect(!metrics.text().contains("\nrendertrust_postgres_up "))
    metrics.setChildren(
      ChildNumbers(isPostgresUp: false, postgresRestarts: 3, schedulers: 2, schedulerCrashes: 1))
    #expect(shows("rendertrust_postgres_up 0") && shows("rendertrust_postgres_restarts_total 3"))
    #expect(shows("rendertrust_schedulers 2") && shows("rendertrust_scheduler_exits_total 1"))
  }

  @Test("Exposes the number of log lines that could not be written") func exposesLogErrors() {
    #expect(shows("rendertrust_log_errors_total 3"))
  }

  @Test("Exposes the activity of the loop") func exposesTheActivityOfTheLoop() {
    process(
      .loop(.round(queued: 3, inFlight: 2, revision: 7)), .loop(.round(queued: 1, inFlight: 4, revision: 8)),
      .loop(.reconciled([Self.echo: TimeSpan(milliseconds: 40)])),
      .loop(.observed(kind: "Module", count: 5, failures: 2, after: TimeSpan(milliseconds: 3))))
    #expect(shows("rendertrust_loop_rounds_total 2") && shows("rendertrust_queue_depth 1"))
    #expect(shows("rendertrust_resources_in_flight 4"))
    #expect(shows(#"rendertrust_revision{environment="dev"} 8"#))
    #expect(shows("rendertrust_loop_last_round_timestamp_seconds 1700000000.5"))
    #expect(shows(#"rendertrust_reconcile_duration_seconds_count{kind="Module"} 1"#))
    #expect(shows(#"rendertrust_observe_failures_total{kind="Module"} 2"#))
    #expect(shows(#"rendertrust_build_info{version="1.2.3"} 1"#))
  }

  @Test("Exposes the statistics of the process") func exposesTheStatisticsOfTheProcess() throws {
    let text = metrics.text()
    for name in ["cpu_seconds_total", "resident_memory_bytes", "start_time_seconds", "open_fds", "max_fds"] {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("process_\(name) ") })
      let value = try #require(Double(line.split(separator: " ")[1]))
      #expect(value >= 0, "\(line)")
    }
  }

  @Test("The first pass is complete when no resource is in flight")
  func theFirstPassIsCompleteWhenNoResource() {
    let now = SuspendingClock().now
    var activity = LoopActivity()
    activity.recordRound(queued: 4, inFlight: 0, at: now)
    #expect(!activity.isFirstPassDone, "nothing was looked at yet")
    activity.recordRound(queued: 0, inFlight: 4, at: now)
    #expect(!activity.isFirstPassDone)
    activity.recordRound(queued: 1, inFlight: 0, at: now)
    #expect(activity.isFirstPassDone)
    activity.recordRound(queued: 0, inFlight: 9, at: now)
    #expect(activity.isFirstPassDone, "later passes do not take that back")
    var empty = LoopActivity()
    empty.recordRound(queued: 0, inFlight: 0, at: now)
    #expect(empty.isFirstPassDone, "there is nothing to look at")
  }
}

extension Timestamp {
  fileprivate init(milliseconds: Int64) { self.init(microseconds: milliseconds * 1000) }
}
