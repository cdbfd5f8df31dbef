package import Model
package import Reconciling
internal import Synchronization

/// Counts the events of the control loop. Stores numbers and the condition of each resource only.
package final class ControllerMetrics: Sendable {
  private struct State: Sendable {
    var numbers = MetricSet()
    var conditions: [ResourceID: Condition.Kind] = [:]
    var activity = LoopActivity()
  }

  private let state = Mutex(State())
  private let environment: String
  private let now: @Sendable () -> Timestamp
  private let instant: @Sendable () -> SuspendingClock.Instant
  private let logErrors: @Sendable () -> Int64

  /// - Parameters:
  ///   - now: The time of day.
  ///   - logErrors: The number of log lines that could not be written.
  ///   - instant: A monotonic clock, for the time since the loop's last round.
  package init(
    environment: String, version: String, now: @escaping @Sendable () -> Timestamp,
    logErrors: @escaping @Sendable () -> Int64,
    instant: @escaping @Sendable () -> SuspendingClock.Instant = { SuspendingClock().now }
  ) {
    self.environment = environment
    self.logErrors = logErrors
    self.now = now
    self.instant = instant
    state.withLock { $0.numbers.set(1, of: .buildInfo, version) }
  }

  package var handler: ProgressHandler { { [self] progress in record(progress) } }

  /// The activity of the loop so far.
  package var activity: LoopActivity { state.withLock { $0.activity } }

  /// The exposition, with the process's current numbers.
  package func text() -> String {
    let process = ProcessNumbers.current()
    return state.withLock { state in
      state.numbers.clear(.resources)
      for (id, condition) in state.conditions {
        state.numbers.add(to: .resources, id.kind, condition.rawValue)
      }
      state.numbers.set(Double(logErrors()), of: .logErrors)
      process.write(into: &state.numbers)
      return state.numbers.text
    }
  }

  /// Sets the numbers of the processes that the server starts.
  package func setChildren(_ children: ChildNumbers) {
    state.withLock { state in
      state.numbers.clear(.postgresUp)
      if let isUp = children.isPostgresUp { state.numbers.set(isUp ? 1 : 0, of: .postgresUp) }
      state.numbers.set(Double(children.postgresRestarts), of: .postgresRestarts)
      state.numbers.set(Double(children.schedulers), of: .schedulers)
      state.numbers.set(Double(children.schedulerCrashes), of: .schedulerCrashes)
    }
  }

  /// Counts a delivery of Stripe's.
  package func countBillingEvent(_ outcome: String) {
    state.withLock { $0.numbers.add(to: .billingEvents, outcome) }
  }

  /// Sets the number of open dead letters by reason; other reasons have none.
  package func setDeadLetters(_ counts: [String: Int64]) {
    state.withLock { state in
      state.numbers.clear(.deadLetters)
      for (reason, count) in counts { state.numbers.set(Double(count), of: .deadLetters, reason) }
    }
  }

  private func record(_ progress: Progress) {
    switch progress {
    case .observing, .planned, .started: break
    case .finished(let id, let step, let span, let error):
      state.withLock { state in
        state.numbers.observe(span, in: .steps, id.kind, step.action.rawValue)
        if error != nil { state.numbers.add(to: .stepFailures, id.kind, step.action.rawValue) }
      }
    case .settled(let statuses):
      state.withLock { state in
        for status in statuses { state.conditions[status.id] = status.headline?.type }
      }
    case .note(let event):
      guard let id = event.id else { break }
      state.withLock { state in
        switch event.reason {
        case .driftDetected: state.numbers.add(to: .driftDetected, id.kind)
        case .driftHealed: state.numbers.add(to: .driftHealed, id.kind)
        case .removed: state.conditions[id] = nil
        default: break
        }
      }
    case .loop(let event): record(event)
    }
  }

  private func record(_ event: LoopEvent) {
    let (time, instant) = (now(), instant())
    state.withLock { state in
      switch event {
      case .round(let queued, let inFlight, let revision):
        state.activity.recordRound(queued: queued, inFlight: inFlight, at: instant)
        state.numbers.add(to: .loopRounds)
        state.numbers.set(Double(time.microseconds) / 1_000_000, of: .lastRound)
        state.numbers.set(Double(queued), of: .queueDepth)
        state.numbers.set(Double(inFlight), of: .inFlight)
        state.numbers.set(Double(revision), of: .revision, environment)
      case .reconciled(let spans):
        for (id, span) in spans { state.numbers.observe(span, in: .reconciling, id.kind) }
      case .observed(let kind, _, let failures, let span):
        state.numbers.observe(span, in: .observing, kind)
        if failures > 0 { state.numbers.add(Double(failures), to: .observeFailures, kind) }
      case .pendingRemovals: break
      case .storeFailed: state.numbers.add(to: .storeErrors)
      }
    }
  }
}

/// The activity of the loop: its last round, and whether the first pass is complete.
package struct LoopActivity: Hashable, Sendable {
  /// Nil before the first round.
  package private(set) var lastRound: SuspendingClock.Instant?
  /// Whether every resource was observed once and the resulting work is done.
  package private(set) var isFirstPassDone = false
  private var hasStarted = false

  package init() {}

  package mutating func recordRound(queued: Int, inFlight: Int, at instant: SuspendingClock.Instant) {
    lastRound = instant
    if inFlight > 0 { hasStarted = true }
    if inFlight == 0, hasStarted || queued == 0 { isFirstPassDone = true }
  }
}
