internal import Synchronization

/// Lets calls that come at the same time share a transaction: what arrives while a batch is on its way makes up the next
/// one. A call alone is not kept waiting.
package final class GroupCommit<Call: Sendable, Outcome: Sendable>: Sendable {
  /// Does all calls as one transaction, and answers in their order.
  package typealias Execute = @Sendable ([Call]) async -> Result<[Outcome], PostgresError>
  private typealias Waiter = CheckedContinuation<Result<Outcome, PostgresError>, Never>

  private struct State {
    var waiting: [(call: Call, waiter: Waiter)] = []
    var underWay = 0
  }

  private let execute: Execute
  private let confirm: (@Sendable () async -> Result<Void, PostgresError>)?
  private let size: Int
  private let width: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - size: calls in one transaction at most.
  ///   - width: transactions at once. Where nearly all touch the same rows, two would wait for each other, and each would be
  ///     half as full.
  ///   - confirm: what else must be before callers are told, while the next batch is under way already; nil: nothing.
  package init(
    size: Int = 256, width: Int = 1,
    confirm: (@Sendable () async -> Result<Void, PostgresError>)? = nil, _ execute: @escaping Execute
  ) {
    self.execute = execute
    self.confirm = confirm
    self.size = size
    self.width = width
  }

  /// Returns once the call is done for good. When it throws, nobody knows whether it was done.
  package func commit(_ call: Call) async throws(PostgresError) -> Outcome {
    let result = await withCheckedContinuation { waiter in
      let begins = state.withLock { state in
        state.waiting.append((call, waiter))
        guard state.underWay < width else { return false }
        state.underWay += 1
        return true
      }
      // It belongs to everybody who waits, so it does not end with whoever happened to begin it.
      if begins { Task { await self.work() } }
    }
    return try result.get()
  }

  /// Those who were told together come again together: a batch waits this long for them where hardly anybody has come yet, so
  /// that it is not begun for the first of them alone.
  private static var linger: Duration { .microseconds(200) }

  private func work() async {
    while let batch = next() {
      let outcomes = await execute(batch.map(\.call))
      if let confirm, case .success = outcomes {
        // Nobody waits for it but those it tells.
        Task { self.tell(batch, await confirm().flatMap { outcomes }) }
      } else {
        tell(batch, outcomes)
      }
      let isThin = state.withLock { $0.waiting.count < batch.count / 2 }
      if isThin { try? await Task.sleep(for: GroupCommit.linger) }
    }
  }

  private func tell(_ batch: [(call: Call, waiter: Waiter)], _ outcomes: Result<[Outcome], PostgresError>) {
    for (index, entry) in batch.enumerated() {
      entry.waiter.resume(returning: outcomes.map { $0[index] })
    }
  }

  private func next() -> [(call: Call, waiter: Waiter)]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.underWay -= 1
        return nil
      }
      let batch = Array(state.waiting.prefix(size))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }
}
