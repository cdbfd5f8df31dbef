import Glibc
package import Reconciling
import UnixSignals

/// Ctrl-C and SIGTERM. The first signal waits for running steps. The second ends the process at once, which
/// is safe but leaves the private PostgreSQL running for the next command.
package enum StopSignals {
  /// Returns at the first signal, or when the task is cancelled.
  package static func first() async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
  }

  /// Requests a graceful stop at the first signal. Returns when the task is cancelled.
  package static func watch(
    _ gracefulStop: GracefulStop, _ reporter: any Reporter, onStop: @Sendable () -> Void
  ) async {
    var isSecond = false
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
      if isSecond {
        reporter.remark("Ended at once. The next command observes the resources and continues.")
        reporter.clear()
        exit(130)
      }
      isSecond = true
      reporter.remark("Stopping: running steps finish first; press Ctrl-C again to end at once.")
      gracefulStop.request()
      onStop()
    }
  }
}
