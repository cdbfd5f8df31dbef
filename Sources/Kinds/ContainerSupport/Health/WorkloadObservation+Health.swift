package import Model

extension WorkloadObservation {
  /// The health of a resource whose containers need no step: that of its worst container.
  package var health: Health {
    let problems = containers.compactMap(\.problem)
    if let failing = problems.first(where: { $0.isFailing }) {
      return .degraded(reason: failing.reason, message: failing.message)
    }
    if let starting = problems.first {
      return .progressing(reason: starting.reason, message: starting.message)
    }
    return .ready
  }
}

extension ContainerObservation {
  fileprivate struct Problem {
    let isFailing: Bool
    let reason: String
    let message: String
  }

  fileprivate var problem: Problem? {
    if let crashLoop {
      return Problem(isFailing: true, reason: "CrashLoop", message: "\(name) \(crashLoop.message)")
    }
    switch state {
    case .running: break
    case .restarting:
      return Problem(isFailing: true, reason: "NotRunning", message: "\(name) is being restarted")
    case .created, .paused, .exited, .dead:
      return Problem(isFailing: true, reason: "NotRunning", message: "\(name) does not run")
    }
    switch health {
    case .good: return nil
    case .starting:
      return Problem(isFailing: false, reason: "Starting", message: "\(name) does not pass its check yet")
    case .failing(let problem):
      return Problem(isFailing: true, reason: "HealthCheckFailed", message: "\(name): \(problem)")
    }
  }
}
