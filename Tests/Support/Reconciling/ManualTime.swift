package import Model
package import Reconciling

/// A clock that stands still until a test moves it.
package final class ManualTime: Sendable {
  private struct Sleeper: Sendable {
    let until: Timestamp
    let continuation: CheckedContinuation<Bool, Never>
  }
  private struct State: Sendable {
    var now: Timestamp
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
    var lastNumber = 0
  }

  private let state: Watched<State>

  package init(at now: Timestamp = Timestamp(seconds: 1_700_000_000)) { state = Watched(State(now: now)) }

  package var now: Timestamp { state.value.now }

  package var source: TimeSource {
    TimeSource(now: { [self] in now }, sleep: { [self] span in try await sleep(span) })
  }

  /// Moves the clock forward and wakes the tasks whose time has come.
  package func advance(_ span: TimeSpan) {
    let woken = state.change { state in
      state.now = state.now + span
      let due = state.sleepers.filter { $0.value.until <= state.now }
      for number in due.keys { state.sleepers[number] = nil }
      return due.values.sorted { $0.until < $1.until }
    }
    for sleeper in woken { sleeper.continuation.resume(returning: true) }
  }

  /// Returns when at least this number of tasks sleep.
  package func sleepers(_ count: Int) async { await state.until { $0.sleepers.count >= count } }

  private func sleep(_ span: TimeSpan) async throws {
    let number = state.change { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    let isOver = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let wasCancelled = state.change { state in
          guard state.cancelled.remove(number) == nil else { return true }
          state.sleepers[number] = Sleeper(until: state.now + span, continuation: continuation)
          return false
        }
        if wasCancelled { continuation.resume(returning: false) }
      }
    } onCancel: {
      let sleeper = state.change { state -> Sleeper? in
        guard let sleeper = state.sleepers.removeValue(forKey: number) else {
          state.cancelled.insert(number)
          return nil
        }
        return sleeper
      }
      sleeper?.continuation.resume(returning: false)
    }
    guard isOver else { throw CancellationError() }
  }
}
