import Reconciling
import Synchronization

/// Whether a controller has adopted the manifests that it read.
final class SettlingState: Sendable {
  private struct State {
    var hasBegun = false
    var isWaiting = false
  }

  private let state = Mutex(State())

  /// True once the controller runs, and while no removal waits for the quiet period.
  var isSettled: Bool { state.withLock { $0.hasBegun && !$0.isWaiting } }

  /// Passes progress on, and observes it.
  func observing(_ next: @escaping ProgressHandler) -> ProgressHandler {
    { [self] progress in
      switch progress {
      case .loop(.round): state.withLock { $0.hasBegun = true }
      case .loop(.pendingRemovals(let removals)): state.withLock { $0.isWaiting = !removals.isEmpty }
      default: break
      }
      next(progress)
    }
  }
}
