internal import Synchronization

/// A value that tests change and wait for.
package final class Watched<Value: Sendable>: Sendable {
  private struct Waiter: Sendable {
    var number = 0
    let isMet: @Sendable (Value) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }
  private struct State: Sendable {
    var value: Value
    var waiters: [Waiter] = []
    var lastNumber = 0
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>

  package init(_ value: Value) { state = Mutex(State(value: value)) }

  package var value: Value { state.withLock { $0.value } }

  /// Changes the value and wakes the tasks whose condition is met.
  @discardableResult
  package func change<Output: Sendable>(_ body: (inout Value) -> Output) -> Output {
    let (output, met) = state.withLock { state in
      let output = body(&state.value)
      let value = state.value
      let met = state.waiters.filter { $0.isMet(value) }
      state.waiters.removeAll { $0.isMet(value) }
      return (output, met)
    }
    for waiter in met { waiter.continuation.resume() }
    return output
  }

  /// Returns when the condition is met. The test's time limit ends a wait without success.
  package func until(_ isMet: @escaping @Sendable (Value) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isMetNow = state.withLock { state in
        guard !isMet(state.value) else { return true }
        state.waiters.append(Waiter(isMet: isMet, continuation: continuation))
        return false
      }
      if isMetNow { continuation.resume() }
    }
  }

  /// Returns when the condition is met, or when the task is cancelled.
  /// - Returns: Whether the condition is met.
  package func untilCancelled(_ isMet: @escaping @Sendable (Value) -> Bool) async -> Bool {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard !isMet(state.value), state.cancelled.remove(number) == nil else { return true }
          state.waiters.append(Waiter(number: number, isMet: isMet, continuation: continuation))
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
          state.cancelled.insert(number)
          return nil
        }
        return state.waiters.remove(at: index)
      }
      waiter?.continuation.resume()
    }
    return isMet(value)
  }
}
