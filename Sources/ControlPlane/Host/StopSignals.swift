import Glibc
package import Reconciling
import UnixSignals

/// Ctrl-C, SIGTERM, and SIGHUP, which a terminal sends when it closes. The first signal waits for running
/// steps. A second Ctrl-C or SIGTERM ends the process at once, which is safe but leaves the private
/// PostgreSQL running for the next command.
package enum StopSignals {
  /// SIGHUP is left alone where the parent ignores it, as `nohup` does. Trapping a signal changes its
  /// disposition, so that the disposition is read before the first trap.
  private static let trapped: [UnixSignal] = {
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    // SIG_IGN is the address 1; function pointers cannot be compared.
    let isIgnored = withUnsafeBytes(of: &action.__sigaction_handler) { $0.load(as: UInt.self) } == 1
    return isIgnored ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
  }()

  /// Returns at the first signal, or when the task is cancelled.
  package static func first() async {
    for await _ in await UnixSignalsSequence(trapping: trapped) { return }
  }

  /// Requests a graceful stop at the first signal. Returns when the task is cancelled.
  package static func watch(
    _ gracefulStop: GracefulStop, _ reporter: any Reporter, onStop: @Sendable () -> Void
  ) async {
    var isStopping = false
    for await signal in await UnixSignalsSequence(trapping: trapped) {
      if isStopping {
        // The shell repeats the SIGHUP of the terminal.
        if signal == .sighup { continue }
        reporter.remark("Ended at once. The next command observes the resources and continues.")
        reporter.clear()
        exit(130)
      }
      isStopping = true
      reporter.remark("Stopping: running steps finish first; press Ctrl-C again to end at once.")
      gracefulStop.request()
      onStop()
    }
  }
}
