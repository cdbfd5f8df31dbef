import Glibc
import Reconciling
import UnixSignals

/// Ctrl-C and SIGTERM. The first finishes what is under way; the second ends at once, which is safe but leaves the
/// private PostgreSQL to the next command.
package enum StopSignals {
  /// Returns at the first signal, or when the task is cancelled.
  package static func first() async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
  }

  /// Returns when the task is cancelled. `onStop` is called at the first signal.
  package static func watch(_ session: Session, onStop: @Sendable () -> Void) async {
    var isSecond = false
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
      if isSecond {
        session.progress.remark("Ended at once. The next command looks at the world and goes on from there.")
        session.progress.clear()
        exit(130)
      }
      isSecond = true
      session.progress.remark(
        "Stopping: steps under way are finished first; press Ctrl-C again to end at once.")
      session.engine.gracefulStop.request()
      onStop()
    }
  }
}
