internal import Synchronization

/// Delays the statements of this process while the embedded server restarts, so that they do not fail. Other
/// processes that share the server are not delayed.
final class ServerGate: Sendable {
  private struct State {
    var insideCount = 0
    var isShut = false
  }

  private let state = Mutex(State())

  /// How long a restart waits for running statements; longer ones are interrupted.
  static let drainLimit: Duration = .seconds(10)

  /// Waits while the gate is shut. Returns false when the task was cancelled; it is not inside then.
  func enter() async -> Bool {
    while true {
      let isInside = state.withLock { state in
        guard !state.isShut else { return false }
        state.insideCount += 1
        return true
      }
      if isInside { return true }
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return false }
    }
  }

  func leave() { state.withLock { $0.insideCount -= 1 } }

  /// Shuts the gate, and returns when no statement is inside or the limit has passed.
  func shut() async {
    state.withLock { $0.isShut = true }
    let deadline = ContinuousClock.now + ServerGate.drainLimit
    while state.withLock({ $0.insideCount }) > 0, ContinuousClock.now < deadline {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }

  func open() { state.withLock { $0.isShut = false } }
}
