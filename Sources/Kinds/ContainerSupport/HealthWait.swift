internal import Model

/// Waits until a container works.
struct HealthWait: Sendable {
  let probe: HealthProbe
  let clock: any Clock<Duration>

  private static let pause = Duration.milliseconds(200)
  /// A container that the engine restarted this often since it was started here will not get well by waiting.
  private static let tolerableRestarts = 3

  /// Nil once the container is healthy, else why it is not.
  func problem(
    of id: String, checkedBy check: HealthRule, on engine: any ContainerEngine
  ) async throws(BackendError) -> String? {
    try await problem(of: id, checkedBy: check, on: engine, clock: clock)
  }

  private func problem<C: Clock>(
    of id: String, checkedBy check: HealthRule, on engine: any ContainerEngine, clock: C
  ) async throws(BackendError) -> String? where C.Duration == Duration {
    let deadline = clock.now.advanced(by: .milliseconds(check.within.milliseconds))
    var restartsBefore: Int?
    while true {
      guard let facts = try await engine.container(id) else { return "it was removed meanwhile" }
      let seen = await probe.check(facts, by: check, now: nil)
      let restarts = seen.restarts - (restartsBefore ?? seen.restarts)
      if restartsBefore == nil { restartsBefore = seen.restarts }
      let isOver = clock.now >= deadline
      switch HealthWait.judge(seen, restarts: restarts, check: check, isOver: isOver) {
      case .healthy: return nil
      case .failed(let problem): return problem
      case .undecided: break
      }
      do {
        try await clock.sleep(until: clock.now.advanced(by: Self.pause), tolerance: nil)
      } catch {
        throw BackendError(code: "cancelled", "waiting for the container to become healthy was given up")
      }
    }
  }

  private enum Verdict {
    case healthy, undecided
    case failed(String)
  }

  private static func judge(
    _ seen: ContainerObservation, restarts: Int, check: HealthRule, isOver: Bool
  ) -> Verdict {
    if seen.wasKilledForMemory { return .failed("it used more memory than its limit") }
    if restarts >= tolerableRestarts || (check == .running && (restarts > 0 || seen.state == .restarting)) {
      return .failed("it keeps exiting")
    }
    switch seen.state {
    case .exited(let code): return .failed("it exited with code \(code)")
    case .dead: return .failed("it is dead")
    case .created, .paused, .restarting: return isOver ? .failed("it does not run") : .undecided
    case .running: break
    }
    switch seen.health {
    case .good: return check == .running && !isOver ? .undecided : .healthy
    case .starting: return isOver ? .failed("its check does not pass yet") : .undecided
    case .failing(let problem): return isOver ? .failed(problem) : .undecided
    }
  }
}
