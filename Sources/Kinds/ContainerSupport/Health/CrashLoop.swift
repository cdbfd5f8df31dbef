internal import Model

/// A container that exits and that the engine starts again.
package struct CrashLoop: Hashable, Sendable {
  /// Automatic restarts since a person or the controller started it.
  package let restarts: Int
  /// Of the last run; nil while it runs.
  package let exitCode: Int?
  package let wasKilledForMemory: Bool
  /// The last line that it wrote, without the values of its variables. Nil: not read, or there is none.
  package var lastLine: String?

  package init(restarts: Int, exitCode: Int?, wasKilledForMemory: Bool, lastLine: String? = nil) {
    self.restarts = restarts
    self.exitCode = exitCode
    self.wasKilledForMemory = wasKilledForMemory
    self.lastLine = lastLine
  }

  /// How long a container must run after a restart before it counts as running. Engines forget earlier
  /// restarts after the same time.
  static let settledAfter = TimeSpan(seconds: 10)

  /// How long an engine waits before it starts the container again: 100 ms, doubled by each restart, at most
  /// a minute.
  var backOff: TimeSpan {
    let milliseconds = min(Int64(100) << Int64(min(restarts, 10)), 60_000)
    return milliseconds < 1000
      ? TimeSpan(milliseconds: milliseconds) : TimeSpan(seconds: (milliseconds + 500) / 1000)
  }

  /// The state for people, after the container's name.
  var message: String {
    let times = restarts == 1 ? "once" : "\(restarts) times"
    var message =
      if let exitCode {
        "exited with code \(exitCode), was restarted \(times), the engine waits about \(backOff) before the "
          + "next start"
      } else {
        "was restarted \(times), the last time less than \(CrashLoop.settledAfter) ago"
      }
    if wasKilledForMemory { message += "; it used more memory than its limit" }
    if let lastLine { message += "; last line: \(lastLine)" }
    return message
  }
}

extension ContainerObservation {
  /// Nil where the container does not exit again and again.
  func crashLoop(at now: Timestamp) -> CrashLoop? {
    let isYoung = startedAt.map { now < $0 + CrashLoop.settledAfter } ?? false
    guard state == .restarting || state == .running && restarts > 0 && isYoung else { return nil }
    return CrashLoop(
      restarts: restarts, exitCode: state == .restarting ? exitCode : nil,
      wasKilledForMemory: wasKilledForMemory)
  }
}
