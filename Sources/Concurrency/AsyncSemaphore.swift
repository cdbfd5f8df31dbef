internal import Synchronization

/// Bounds how many tasks run a body at once. Waiting tasks continue in first-in, first-out order; tasks that
/// finish work already begun go before all others.
package final class AsyncSemaphore: Sendable {
  private typealias Waiter = CheckedContinuation<Bool, Never>

  private struct State {
    var free: Int
    var nextTicket = 0
    /// In the order of their tickets: at 0 the waiters with priority, at 1 the others.
    var waiting: [[(ticket: Int, waiter: Waiter)]] = [[], []]
    /// Tickets that were cancelled before their task began to wait.
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>

  /// - Parameter limit: how many bodies run at once; at least 1.
  package init(limit: Int) { state = Mutex(State(free: limit)) }

  package var freeCount: Int { state.withLock { $0.free } }
  package var waitingCount: Int { state.withLock { $0.waiting.reduce(0) { $0 + $1.count } } }

  /// Runs `body` when a permit is free. A task that is cancelled while it waits runs `body` at once, without
  /// a permit; `body` checks for cancellation itself.
  /// - Parameter isPriority: whether the task goes before all waiters without priority.
  package func withPermit<Output, Failure>(
    isPriority: Bool = false, _ body: () async throws(Failure) -> Output
  ) async throws(Failure) -> Output {
    let holdsPermit = await acquire(isPriority)
    defer { if holdsPermit { release() } }
    return try await body()
  }

  /// Whether it took a permit; false: the task was cancelled.
  private func acquire(_ isPriority: Bool) async -> Bool {
    let ticket: Int? = state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return true }
    // A task that is cancelled after it took its permit leaves a mark behind.
    defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let answer: Bool? = state.withLock { state in
          if state.cancelled.remove(ticket) != nil { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting[isPriority ? 0 : 1].append((ticket, waiter))
          return nil
        }
        if let answer { waiter.resume(returning: answer) }
      }
    } onCancel: {
      let waiter: Waiter? = state.withLock { state in
        for queue in state.waiting.indices {
          guard let index = state.waiting[queue].firstIndex(where: { $0.ticket == ticket }) else { continue }
          return state.waiting[queue].remove(at: index).waiter
        }
        state.cancelled.insert(ticket)
        return nil
      }
      waiter?.resume(returning: false)
    }
  }

  private func release() {
    let next: Waiter? = state.withLock { state in
      for queue in state.waiting.indices where !state.waiting[queue].isEmpty {
        return state.waiting[queue].removeFirst().waiter
      }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}
