import Model
import Reconciling

/// A change holds all leases of its environment while it runs: changes wait for each other, and running
/// controllers finish their steps, release their leases and continue after the change.
extension ChangeExecutor {
  /// Acquires all leases of the environment, runs `body` with an executor that writes under them, and
  /// releases them.
  /// - Parameter role: the name of the command, which other replicas see.
  package func withLeases<Output>(
    of environment: String, as role: String, _ body: (ChangeExecutor) async throws -> Output
  ) async throws -> Output {
    let keeper = LeaseKeeper(
      .current(role, isExclusive: true), in: environment, store: store, time: engine.time,
      isGone: ProcessIdentity.isGone)
    let result: Result<Output, any Error>
    do {
      try await acquire(keeper, in: environment)
      result = .success(try await run(under: keeper, body))
    } catch {
      result = .failure(error)
    }
    await keeper.leave()
    return try result.get()
  }

  private func run<Output>(
    under keeper: LeaseKeeper, _ body: (ChangeExecutor) async throws -> Output
  ) async throws -> Output {
    try await withThrowingTaskGroup(of: Void.self) { group in
      // A failed heartbeat lets the lease expire, after which no step starts.
      group.addTask { await keeper.run { _ in } }
      defer { group.cancelAll() }
      return try await body(bound(to: keeper))
    }
  }

  /// Returns after Ctrl-C, after a request to stop this process, or when the task is cancelled.
  private func stopRequested() async {
    guard !isInteractive else { return await StopSignals.first() }
    while !engine.gracefulStop.isRequested,
      (try? await engine.time.sleep(TimeSpan(milliseconds: 100))) != nil
    {}
  }

  private enum Wait: Sendable {
    case ended(Result<Void, StoreError>)
    case stopped
  }

  /// Waits until the keeper holds all leases. Ctrl-C ends the wait at once.
  private func acquire(_ keeper: LeaseKeeper, in environment: String) async throws {
    guard !(try await keeper.heartbeat().get().holdsAll) else { return }
    let wait = await withTaskGroup(of: Wait.self) { group in
      group.addTask {
        .ended(
          await keeper.acquireAll { others in
            let names = others.map(\.description).joined(separator: ", ")
            reporter.remark("Waiting for the running steps of \(names) in \(environment).")
          })
      }
      group.addTask {
        await stopRequested()
        return .stopped
      }
      defer { group.cancelAll() }
      return await group.next() ?? .stopped
    }
    switch wait {
    case .ended(let result): try result.get()
    case .stopped: throw OperationError.failed("stopped while waiting; nothing was changed")
    }
  }
}
