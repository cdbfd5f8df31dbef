internal import JobModel
internal import Synchronization

/// The attempts that run on one node.
final class RunningAttempts: Sendable {
  private struct Entry {
    let stop: AsyncStream<Void>.Continuation
    var container: String?
  }

  private struct State {
    var entries: [AttemptID: Entry] = [:]
    /// Whether the node's engine failed to answer the last observation.
    var isEngineUnreachable = false
  }

  private let state = Mutex(State())
  /// Yields after an attempt has ended; several ends may be combined into one element.
  let ends: AsyncStream<Void>
  private let endsContinuation: AsyncStream<Void>.Continuation

  init() {
    (ends, endsContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var ids: Set<AttemptID> { state.withLock { Set($0.entries.keys) } }
  var count: Int { state.withLock { $0.entries.count } }

  var isEngineUnreachable: Bool {
    get { state.withLock { $0.isEngineUnreachable } }
    set { state.withLock { $0.isEngineUnreachable = newValue } }
  }

  /// Returns a stream that yields when the attempt is to stop, or nil when the attempt runs already.
  func begin(_ id: AttemptID) -> AsyncStream<Void>? {
    let (stopSignals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    return state.withLock { state in
      guard state.entries[id] == nil else { return nil }
      state.entries[id] = Entry(stop: continuation)
      return stopSignals
    }
  }

  func stop(_ id: AttemptID) { _ = state.withLock { $0.entries[id]?.stop }?.yield() }

  func end(_ id: AttemptID) {
    state.withLock { $0.entries[id] = nil }
    endsContinuation.yield()
  }

  /// Assigns the attempt to the container that the fewest attempts use. Nil when there is no container.
  func assignContainer(from containers: [String], to id: AttemptID) -> String? {
    state.withLock { state in
      let used = state.entries.values.compactMap(\.container)
      let loads = containers.map { container in (container, used.count { $0 == container }) }
      let chosen = loads.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
      state.entries[id]?.container = chosen
      return chosen
    }
  }
}
