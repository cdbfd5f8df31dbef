import Concurrency
import Reconciling
import Synchronization

/// One simulated run of the program: its tasks and its handling of SIGTERM.
final class SimulatedProcess: Sendable {
  let name: String
  let executor: ProcessExecutor
  let gracefulStop = GracefulStop()
  let stop = Mutex<@Sendable () -> Void>({})
  let task = Mutex<Task<Void, Never>?>(nil)
  let hasEnded = Mutex(false)

  init(_ name: String, _ executor: ProcessExecutor) {
    self.name = name
    self.executor = executor
  }

  func run(_ body: @escaping @Sendable () async -> Void) {
    let task = executor.spawn { [self] in
      await UncancellableTask.$executor.withValue(executor) { await body() }
      hasEnded.withLock { $0 = true }
    }
    self.task.withLock { $0 = task }
  }

  func replica(isExclusive: Bool) -> ControllerReplica {
    ControllerReplica(name: name, role: isExclusive ? "apply" : "up", process: name, isExclusive: isExclusive)
  }

  /// Delivers SIGTERM.
  func terminate() {
    gracefulStop.request()
    stop.withLock { $0 }()
  }
}
