internal import Synchronization

/// Lets so many in at once, the others in the order in which they came, those who finish something first.
final class Turnstile: Sendable {
  private typealias Waiter = CheckedContinuation<Bool, Never>

  private struct State {
    var free: Int
    var nextTicket = 0
    /// In the order of their tickets; those who finish something, and the others.
    var waiting: [[(ticket: Int, waiter: Waiter)]] = [[], []]
    /// Whoever was cancelled before they began to wait.
    var refused: Set<Int> = []
  }

  private let state: Mutex<State>

  init(width: Int) { state = Mutex(State(free: width)) }

  var freeCount: Int { state.withLock { $0.free } }
  var waitingCount: Int { state.withLock { $0.waiting.reduce(0) { $0 + $1.count } } }

  /// Runs `body` when it is its turn. A task that is cancelled while it waits runs it at once, which is for `body` to
  /// notice.
  func pass<Output, Failure>(
    finishing: Bool = false, _ body: () async throws(Failure) -> Output
  ) async throws(Failure) -> Output {
    let isIn = await enter(finishing)
    defer { if isIn { leave() } }
    return try await body()
  }

  /// Whether it takes a place.
  private func enter(_ isFinishing: Bool) async -> Bool {
    let ticket: Int? = state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return true }
    // One that is cancelled when it is in already.
    defer { state.withLock { _ = $0.refused.remove(ticket) } }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let answer: Bool? = state.withLock { state in
          if state.refused.remove(ticket) != nil { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting[isFinishing ? 0 : 1].append((ticket, waiter))
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
        state.refused.insert(ticket)
        return nil
      }
      waiter?.resume(returning: false)
    }
  }

  private func leave() {
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
