internal import Concurrency
internal import Model

/// What a supervisor has seen of its server, and when it restarts it. A value: `ServerSupervisor` performs
/// what it decides.
package struct SupervisionState: Sendable {
  enum Action: Hashable {
    case none
    /// Look for the server under the start lock, and start it if it has ended.
    case revive
  }

  /// Something to report to a person.
  enum Event: Hashable {
    case down
    case back(after: Duration)
    /// The server cannot be restarted; reported once for each reason in a row.
    case failing(PostgresError)
  }

  /// The process that was seen last; nil before the server was used.
  private var pid: Int32?
  private var upSince: ContinuousClock.Instant
  private var nextAttempt: ContinuousClock.Instant?
  private var backoff = RestartBackoff(first: .milliseconds(100), max: .seconds(1))
  /// Since when the server is down; nil while it runs.
  package private(set) var downSince: ContinuousClock.Instant?
  /// How often the server was restarted: after it ended, for settings that need it, or by another process.
  package private(set) var restartCount = 0
  /// Why the last restart failed; nil while the server runs.
  package private(set) var problem: PostgresError?

  init(at now: ContinuousClock.Instant) { upSince = now }

  /// Nil before the server was used.
  package var isUp: Bool? { pid == nil && downSince == nil ? nil : downSince == nil }

  /// Whether the server has been down for longer than `limit`.
  package func isDown(longerThan limit: Duration, at now: ContinuousClock.Instant = .now) -> Bool {
    downSince.map { now - $0 > limit } ?? false
  }

  /// - Parameters:
  ///   - running: the process of the server; nil if it has ended.
  ///   - isSuspect: a statement could not reach the server.
  mutating func check(
    _ running: Int32?, isSuspect: Bool, at now: ContinuousClock.Instant
  ) -> (action: Action, event: Event?) {
    if downSince != nil { return (nextAttempt.map { now >= $0 } ?? true ? .revive : .none, nil) }
    guard let running else {
      downSince = now
      nextAttempt = now + backoff.delay(afterRunOf: now - upSince)
      return (.none, .down)
    }
    if pid == nil { (pid, upSince) = (running, now) }
    return (isSuspect || running != pid ? .revive : .none, nil)
  }

  /// Records that the server answers.
  mutating func recordAnswer(of running: Int32, at now: ContinuousClock.Instant) -> Event? {
    let (former, since) = (pid, downSince)
    (pid, downSince, nextAttempt, problem) = (running, nil, nil, nil)
    guard since != nil || running != former else { return nil }
    upSince = now
    restartCount += 1
    return since.map { .back(after: now - $0) }
  }

  /// Records that the server could not be started.
  mutating func recordFailure(_ error: PostgresError, at now: ContinuousClock.Instant) -> Event? {
    downSince = downSince ?? now
    nextAttempt = now + backoff.delay(afterRunOf: .zero)
    defer { problem = error }
    return problem?.message == error.message ? nil : .failing(error)
  }
}
