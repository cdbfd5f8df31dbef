internal import Synchronization

/// A value that tests change and wait for.
package final class Watched<Value: Sendable>: Sendable {
  private struct Waiter: Sendable {
    let isMet: @Sendable (Value) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }
  private struct State: Sendable {
    var value: Value
    var waiters: [Waiter] = []
  }

  private let state: Mutex<State>

  package init(_ value: Value) { state = Mutex(State(value: value)) }

  package var value: Value { state.withLock { $0.value } }

  /// Changes the value and wakes whoever waited for what it is now.
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

  /// Returns once the condition is met; the test's time limit ends a wait in vain.
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
}
