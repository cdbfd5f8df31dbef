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
    "rendertrust_revision", .gauge, ["environment"], "The revision that the loop works towards.")
  static let loopRounds = Metric("rendertrust_loop_rounds_total", .counter, "How often the loop went round.")
  static let lastRound = Metric(
    "rendertrust_loop_last_round_timestamp_seconds", .gauge, "When the loop went round last, in Unix time.")
  static let queueDepth = Metric(
    "rendertrust_queue_depth", .gauge, "Resources that are due now or at a known time.")
  static let inFlight = Metric(
    "rendertrust_resources_in_flight", .gauge, "Resources that are being looked at or worked on.")
  static let resources = Metric(
    "rendertrust_resources", .gauge, ["kind", "condition"],
    "Resources by the condition that says most about each: Degraded, Drifted, Blocked, Progressing or Ready.")
  static let reconciling = Metric(
    "rendertrust_reconcile_duration_seconds", .histogram, ["kind"],
    "From when a resource was due to when it was looked at, worked on and recorded.")
  static let observing = Metric(
    "rendertrust_observe_duration_seconds", .histogram, ["kind"],
    "How long looking at all resources of a kind in one go took.")
  static let observeFailures = Metric(
    "rendertrust_observe_failures_total", .counter, ["kind"], "Resources that could not be seen.")
  static let steps = Metric(
    "rendertrust_step_duration_seconds", .histogram, ["kind", "action"],
    "How long steps took, failed ones too.")
  static let stepFailures = Metric(
    "rendertrust_step_failures_total", .counter, ["kind", "action"], "Steps that failed.")
  static let driftDetected = Metric(
    "rendertrust_drift_detected_total", .counter, ["kind"],
    "How often the world had moved away from what was applied.")
  static let driftHealed = Metric(
    "rendertrust_drift_healed_total", .counter, ["kind"], "How often drift was put right.")
  static let storeErrors = Metric(
    "rendertrust_state_errors_total", .counter, "How often the state could not be read or written.")
  static let billingEvents = Metric(
    "rendertrust_billing_events_total", .counter, ["outcome"],
    "Deliveries of Stripe's by what came of them: credited, reversed, noted, repeated, ignored, kept, unavailable or "
      + "refused.")
  static let deadLetters = Metric(
    "rendertrust_billing_dead_letters", .gauge, ["reason"],
    "Events of Stripe's that could not be done yet, by reason; each waits for somebody.")
  static let processCPU = Metric(
    "process_cpu_seconds_total", .counter, "User and system processor time of the process.")
  static let processResident = Metric(
    "process_resident_memory_bytes", .gauge, "Memory of the process that is resident.")
  static let processVirtual = Metric(
    "process_virtual_memory_bytes", .gauge, "Memory that the process has mapped.")
  static let processStart = Metric(
    "process_start_time_seconds", .gauge, "When the process began, in Unix time.")
  static let processFiles = Metric("process_open_fds", .gauge, "Open file descriptors of the process.")
  static let processFileLimit = Metric("process_max_fds", .gauge, "Most file descriptors that it may open.")

  /// All metrics, in the order of the exposition.
  package static let all = [
    buildInfo, revision, loopRounds, lastRound, queueDepth, inFlight, resources, reconciling, observing,
    observeFailures, steps, stepFailures, driftDetected, driftHealed, storeErrors, billingEvents, deadLetters,
    processCPU,
    processResident,
    processVirtual, processStart, processFiles, processFileLimit,
  ]
}

extension Metric {
  fileprivate init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }
}
