internal import Synchronization

/// Where statements of this process to the embedded server pass: while the server restarts they wait instead of
/// failing. Other processes that share the server are not held.
final class ServerGate: Sendable {
  private struct State {
    var insideCount = 0
    var isShut = false
  }

  private let state = Mutex(State())

  /// How long a restart waits for statements under way; those that take longer are broken off.
  static let drainLimit: Duration = .seconds(10)

  /// Waits while the gate is shut. False: the task was cancelled, and is not inside.
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

  /// Lets nobody in any more, and returns when nobody is inside or the limit has passed.
  func shut() async {
    state.withLock { $0.isShut = true }
    let deadline = ContinuousClock.now + ServerGate.drainLimit
    while state.withLock({ $0.insideCount }) > 0, ContinuousClock.now < deadline {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }

  func open() { state.withLock { $0.isShut = false } }
}
