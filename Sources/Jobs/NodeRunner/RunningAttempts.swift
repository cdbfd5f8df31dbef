internal import JobModel
internal import Synchronization

/// The attempts of one node that are under way.
final class RunningAttempts: Sendable {
  private struct Entry {
    let stop: AsyncStream<Void>.Continuation
    var container: String?
  }

  private struct State {
    var entries: [AttemptID: Entry] = [:]
    /// Whether the node's engine did not answer when it was last asked.
    var isAway = false
  }

  private let state = Mutex(State())
  /// Gives a sign whenever one has ended.
  let ended: AsyncStream<Void>
  private let ending: AsyncStream<Void>.Continuation

  init() {
    (ended, ending) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var ids: Set<AttemptID> { state.withLock { Set($0.entries.keys) } }
  var count: Int { state.withLock { $0.entries.count } }

  var isAway: Bool {
    get { state.withLock { $0.isAway } }
    set { state.withLock { $0.isAway = newValue } }
  }

  /// Returns where a sign comes that it is to stop; nil: it runs already.
  func begin(_ id: AttemptID) -> AsyncStream<Void>? {
    let (signs, sign) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    return state.withLock { state in
      guard state.entries[id] == nil else { return nil }
      state.entries[id] = Entry(stop: sign)
      return signs
    }
  }

  func stop(_ id: AttemptID) { _ = state.withLock { $0.entries[id]?.stop }?.yield() }

  func end(_ id: AttemptID) {
    state.withLock { $0.entries[id] = nil }
    ending.yield()
  }

  /// The container among these that the fewest attempts use; it counts as used by this one now. Nil: there is
  /// none.
  func choose(among containers: [String], for id: AttemptID) -> String? {
    state.withLock { state in
      let used = state.entries.values.compactMap(\.container)
      let loads = containers.map { container in (container, used.count { $0 == container }) }
      let chosen = loads.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
      state.entries[id]?.container = chosen
      return chosen
    }
  }
}
