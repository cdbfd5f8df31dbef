/// One family of the exposition, named by Prometheus' conventions for names and units.
package struct Metric: Hashable, Sendable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package let name: String
  package let kind: Kind
  package let labels: [String]
  package let help: String

  init(_ name: String, _ kind: Kind, _ labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }
}

extension Metric {
  static let buildInfo = Metric(
    "rendertrust_build_info", .gauge, ["version"], "Always 1; the program's version.")
  static let revision = Metric(
    "rendertrust_revision", .gauge, ["environment"], "The revision that the loop reconciles to.")
  static let loopRounds = Metric("rendertrust_loop_rounds_total", .counter, "Rounds of the loop.")
  static let lastRound = Metric(
    "rendertrust_loop_last_round_timestamp_seconds", .gauge,
    "The time of the loop's last round, in Unix time.")
  static let queueDepth = Metric(
    "rendertrust_queue_depth", .gauge, "Resources in the queue, now or at a known time.")
  static let inFlight = Metric(
    "rendertrust_resources_in_flight", .gauge, "Resources that are being observed or changed.")
  static let resources = Metric(
    "rendertrust_resources", .gauge, ["kind", "condition"],
    "Resources by their most important condition: Degraded, Drifted, Blocked, Progressing or Ready.")
  static let reconciling = Metric(
    "rendertrust_reconcile_duration_seconds", .histogram, ["kind"],
    "The time from when a resource is due until it is observed, changed and recorded.")
  static let observing = Metric(
    "rendertrust_observe_duration_seconds", .histogram, ["kind"],
    "The duration of observing all resources of a kind in one batch.")
  static let observeFailures = Metric(
    "rendertrust_observe_failures_total", .counter, ["kind"], "Resources that could not be observed.")
  static let steps = Metric(
    "rendertrust_step_duration_seconds", .histogram, ["kind", "action"],
    "The duration of steps, failed ones included.")
  static let stepFailures = Metric(
    "rendertrust_step_failures_total", .counter, ["kind", "action"], "Steps that failed.")
  static let driftDetected = Metric(
    "rendertrust_drift_detected_total", .counter, ["kind"],
    "Deviations from the applied state.")
  static let driftHealed = Metric(
    "rendertrust_drift_healed_total", .counter, ["kind"], "Deviations that were corrected.")
  static let storeErrors = Metric(
    "rendertrust_state_errors_total", .counter, "Failed reads and writes of the state.")
  static let postgresUp = Metric(
    "rendertrust_postgres_up", .gauge, [],
    "1 while the private PostgreSQL runs, 0 while it is down; absent if it is not used.")
  static let postgresRestarts = Metric(
    "rendertrust_postgres_restarts_total", .counter,
    "Restarts of the private PostgreSQL: after it ended, for settings that need it, or by another process.")
  static let schedulers = Metric(
    "rendertrust_schedulers", .gauge, [], "Scheduler processes of this server that run.")
  static let schedulerCrashes = Metric(
    "rendertrust_scheduler_exits_total", .counter, "Scheduler processes that exited without a request.")
  static let billingEvents = Metric(
    "rendertrust_billing_events_total", .counter, ["outcome"],
    "Deliveries of Stripe's by outcome: credited, reversed, noted, repeated, ignored, kept, unavailable or "
      + "refused.")
  static let deadLetters = Metric(
    "rendertrust_billing_dead_letters", .gauge, ["reason"],
    "Events of Stripe's that could not be processed, by reason; each waits for an operator.")
  static let logErrors = Metric(
    "rendertrust_log_errors_total", .counter, "Log lines that could not be written.")
  static let processCPU = Metric(
    "process_cpu_seconds_total", .counter, "User and system processor time of the process.")
  static let processResident = Metric(
    "process_resident_memory_bytes", .gauge, "Resident memory of the process.")
  static let processVirtual = Metric(
    "process_virtual_memory_bytes", .gauge, "Mapped memory of the process.")
  static let processStart = Metric(
    "process_start_time_seconds", .gauge, "The start time of the process, in Unix time.")
  static let processFiles = Metric("process_open_fds", .gauge, "Open file descriptors of the process.")
  static let processFileLimit = Metric(
    "process_max_fds", .gauge, "The maximum number of open file descriptors.")

  /// All metrics, in the order of the exposition.
  package static let all = [
    buildInfo, revision, loopRounds, lastRound, queueDepth, inFlight, resources, reconciling, observing,
    observeFailures, steps, stepFailures, driftDetected, driftHealed, storeErrors, postgresUp,
    postgresRestarts, schedulers, schedulerCrashes, billingEvents, deadLetters, logErrors, processCPU,
    processResident, processVirtual, processStart, processFiles, processFileLimit,
  ]
}

extension Metric {
  fileprivate init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }
}
