package import Postgres
internal import Synchronization

/// Lets calls that come at the same time share a transaction: what arrives while a batch is on its way makes up the next
/// one. A call alone is not kept waiting.
package final class LedgerCommitter: Sendable {
  package typealias Outcome = Result<LedgerReceipt, LedgerError>
  private typealias Waiter = CheckedContinuation<Result<Outcome, PostgresError>, Never>

  private struct State {
    var waiting: [(call: LedgerCall, waiter: Waiter)] = []
    var underWay = 0
  }

  private let books: LedgerBooks
  /// Calls in one transaction at most.
  private let size: Int
  /// Transactions at once. Nearly every batch touches the platform's account, so two would wait for each other, and each
  /// would be half as full.
  private let width: Int
  private let state = Mutex(State())

  package init(_ books: LedgerBooks, size: Int = 256, width: Int = 1) {
    self.books = books
    self.size = size
    self.width = width
  }

  /// Returns once the call is in the books for good, or was refused. When it throws, nobody knows whether it was done:
  /// the same call may be made again.
  package func commit(_ call: LedgerCall) async throws(PostgresError) -> Outcome {
    // Known to be wrong without asking, and it shall not take part in anything.
    if let problem = call.problem { return .failure(problem) }
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

  private func work() async {
    while let batch = next() {
      let outcomes = await execute(batch.map(\.call))
      for (index, entry) in batch.enumerated() {
        entry.waiter.resume(returning: outcomes.map { $0[index] })
      }
    }
  }

  private func next() -> [(call: LedgerCall, waiter: Waiter)]? {
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

  private func execute(_ calls: [LedgerCall]) async -> Result<[Outcome], PostgresError> {
    do throws(PostgresError) {
      return .success(try await books.execute(calls))
    } catch {
      return .failure(error)
    }
  }
}
