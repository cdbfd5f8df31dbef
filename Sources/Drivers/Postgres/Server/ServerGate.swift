internal import Synchronization

/// Delays the statements of this process while the embedded server restarts, so that they do not fail. Other
/// processes that share the server are not delayed.
final class ServerGate: Sendable {
  /// The end of a wait at the gate.
  enum Entry: Equatable {
    case inside
    /// The task was cancelled.
    case cancelled
    /// The server has been down for longer than `downLimit`.
    case down
  }

  private struct State {
    var insideCount = 0
    /// A planned restart is in progress.
    var isRestarting = false
    /// Since when the server does not answer although no restart was planned.
    var downSince: ContinuousClock.Instant?
    /// Whether a supervisor restarts the server and then opens the gate.
    var isSupervised = false
  }

  private let state = Mutex(State())

  /// How long a planned restart waits for running statements; longer ones are interrupted.
  static let drainLimit: Duration = .seconds(10)
  /// How long statements wait for a server that has ended.
  static let downLimit: Duration = .seconds(10)

  /// Waits while the gate is shut.
  func enter() async -> Entry {
    while true {
      let entry: Entry? = state.withLock { state in
        if let since = state.downSince, ContinuousClock.now - since > ServerGate.downLimit { return .down }
        guard !state.isRestarting, state.downSince == nil else { return nil }
        state.insideCount += 1
        return .inside
      }
      if let entry { return entry }
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return .cancelled }
    }
  }

  func leave() { state.withLock { $0.insideCount -= 1 } }

  /// Shuts the gate for a planned restart, and returns when no statement is inside or the limit has passed.
  func shut() async {
    state.withLock { $0.isRestarting = true }
    let deadline = ContinuousClock.now + ServerGate.drainLimit
    while state.withLock({ $0.insideCount }) > 0, ContinuousClock.now < deadline {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }

  /// Ends a planned restart.
  func open() { state.withLock { $0.isRestarting = false } }

  // MARK: Supervision

  /// Starts or ends supervision. Without it, statements fail while the server is down.
  func setSupervised(_ isSupervised: Bool) {
    state.withLock { state in
      state.isSupervised = isSupervised
      if !isSupervised { state.downSince = nil }
    }
  }

  /// Shuts the gate because the server does not answer, until the supervisor has checked it. Returns false
  /// without a supervisor.
  func reportUnreachable() -> Bool {
    state.withLock { state in
      guard state.isSupervised else { return false }
      state.downSince = state.downSince ?? .now
      return true
    }
  }

  /// Opens the gate for a server that answers.
  func reportUp() { state.withLock { $0.downSince = nil } }

  var isDown: Bool { state.withLock { $0.downSince != nil } }
  var isRestarting: Bool { state.withLock { $0.isRestarting } }
}
