internal import Synchronization

/// Combines concurrent calls into shared transactions: calls that arrive while a batch is being committed
/// form the next batch. A single call is not delayed.
package final class GroupCommit<Call: Sendable, Outcome: Sendable, Failure: Error>: Sendable {
  /// Commits all calls as one transaction and returns their outcomes in the same order.
  package typealias Execute = @Sendable ([Call]) async -> Result<[Outcome], Failure>
  private typealias Waiter = CheckedContinuation<Result<Outcome, Failure>, Never>

  private struct State {
    var waiting: [(call: Call, waiter: Waiter)] = []
    var runningBatches = 0
  }

  private let execute: Execute
  private let confirm: (@Sendable () async -> Result<Void, Failure>)?
  private let size: Int
  private let width: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - size: the maximum number of calls in one transaction.
  ///   - width: the maximum number of concurrent transactions. Where most transactions touch the same rows, 1
  ///     is best: two would wait for each other, each half as full.
  ///   - confirm: runs before the outcomes of a batch are returned, while the next batch already executes;
  ///     nil: outcomes return at once.
  package init(
    size: Int = 256, width: Int = 1,
    confirm: (@Sendable () async -> Result<Void, Failure>)? = nil, _ execute: @escaping Execute
  ) {
    self.execute = execute
    self.confirm = confirm
    self.size = size
    self.width = width
  }

  /// Returns once the call is committed. When it throws, the call may or may not have been committed.
  package func commit(_ call: Call) async throws(Failure) -> Outcome {
    let result = await withCheckedContinuation { waiter in
      let startsBatch = state.withLock { state in
        state.waiting.append((call, waiter))
        guard state.runningBatches < width else { return false }
        state.runningBatches += 1
        return true
      }
      // The batch serves all waiting calls, so it does not end with the task that started it.
      if startsBatch { Task { await self.work() } }
    }
    return try result.get()
  }

  /// Clients that received their outcomes together send their next calls together. When few of them have
  /// arrived, the next batch waits this long, so that it does not start with only the first of them.
  private static var linger: Duration { .microseconds(200) }

  private func work() async {
    while let batch = nextBatch() {
      let outcomes = await execute(batch.map(\.call))
      if let confirm, case .success = outcomes {
        // Only the callers of this batch wait for the confirmation.
        Task { self.resume(batch, with: await confirm().flatMap { outcomes }) }
      } else {
        resume(batch, with: outcomes)
      }
      let isThin = state.withLock { $0.waiting.count < batch.count / 2 }
      if isThin { try? await Task.sleep(for: GroupCommit.linger) }
    }
  }

  private func resume(_ batch: [(call: Call, waiter: Waiter)], with outcomes: Result<[Outcome], Failure>) {
    for (index, entry) in batch.enumerated() {
      entry.waiter.resume(returning: outcomes.map { $0[index] })
    }
  }

  private func nextBatch() -> [(call: Call, waiter: Waiter)]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.runningBatches -= 1
        return nil
      }
      let batch = Array(state.waiting.prefix(size))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }
}
