internal import Model

/// Polls a container until it is healthy or cannot become healthy.
struct HealthPoller: Sendable {
  let probe: HealthProbe
  let clock: any Clock<Duration>

  private static let interval = Duration.milliseconds(200)
  /// The number of automatic restarts during the wait after which the container has failed.
  private static let maxRestarts = 3

  /// Waits at most as long as `rule` allows.
  /// - Returns: nil once the container is healthy, else the problem.
  func problem(
    of id: String, rule: HealthRule, on engine: any ContainerEngine
  ) async throws(BackendError) -> String? {
    try await problem(of: id, rule: rule, on: engine, clock: clock)
  }

  private func problem<C: Clock>(
    of id: String, rule: HealthRule, on engine: any ContainerEngine, clock: C
  ) async throws(BackendError) -> String? where C.Duration == Duration {
    let deadline = clock.now.advanced(by: .milliseconds(rule.within.milliseconds))
    var restartsBefore: Int?
    while true {
      guard let container = try await engine.container(id) else { return "it was removed meanwhile" }
      let observation = await probe.check(container, by: rule, now: nil)
      let restarts = observation.restarts - (restartsBefore ?? observation.restarts)
      if restartsBefore == nil { restartsBefore = observation.restarts }
      let isOver = clock.now >= deadline
      switch HealthPoller.evaluate(observation, restarts: restarts, rule: rule, isOver: isOver) {
      case .healthy: return nil
      case .failed(let problem): return problem
      case .pending: break
      }
      do {
        try await clock.sleep(until: clock.now.advanced(by: Self.interval), tolerance: nil)
      } catch {
        throw BackendError(code: "cancelled", "waiting for the container to become healthy was cancelled")
      }
    }
  }

  private enum Progress {
    case healthy, pending
    case failed(String)
  }

  private static func evaluate(
    _ observation: ContainerObservation, restarts: Int, rule: HealthRule, isOver: Bool
  ) -> Progress {
    if observation.wasKilledForMemory { return .failed("it used more memory than its limit") }
    let hasRestarted = restarts > 0 || observation.state == .restarting
    if restarts >= maxRestarts || (rule == .running && hasRestarted) { return .failed("it keeps exiting") }
    switch observation.state {
    case .exited(let code): return .failed("it exited with code \(code)")
    case .dead: return .failed("it is dead")
    case .created, .paused, .restarting: return isOver ? .failed("it does not run") : .pending
    case .running: break
    }
    switch observation.health {
    case .good: return rule == .running && !isOver ? .pending : .healthy
    case .starting: return isOver ? .failed("its check does not pass yet") : .pending
    case .failing(let problem): return isOver ? .failed(problem) : .pending
    }
  }
}
