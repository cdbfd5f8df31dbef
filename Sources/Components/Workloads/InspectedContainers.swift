internal import DockerEngine
internal import Synchronization

/// What inspecting containers showed, kept while the engine is being watched, so that looking at thousands of
/// containers again is one list call.
///
/// Lists show state and health but not limits, so only events tell that limits were changed: without a watch
/// nothing is kept, and what is kept is forgotten after a minute in case an event was lost.
final class InspectedContainers: Sendable {
  private struct Entry {
    let state: ContainerState
    let seenAt: ContinuousClock.Instant
  }

  private struct Memory {
    var watchers = 0
    var entries: [String: Entry] = [:]
    /// Counts forgetting, so that an answer that was under way meanwhile is not kept.
    var generation = 0
  }

  private let memory = Mutex(Memory())
  private static let lifetime = Duration.seconds(60)

  /// The engine is watched from here on; what is told later must be passed to `forget`.
  func beginWatch() { memory.withLock { $0.watchers += 1 } }

  func endWatch() {
    memory.withLock { memory in
      memory.watchers -= 1
      memory.generation += 1
      memory.entries = [:]
    }
  }

  func forget(_ id: String) {
    memory.withLock { memory in
      memory.generation += 1
      memory.entries[id] = nil
    }
  }

  /// Taken before containers are inspected, and given back with what was seen.
  var generation: Int { memory.withLock { $0.generation } }

  func keep(_ states: [ContainerState], from generation: Int) {
    let now = ContinuousClock.now
    memory.withLock { memory in
      guard memory.watchers > 0, memory.generation == generation else { return }
      memory.entries = memory.entries.filter { now - $0.value.seenAt < Self.lifetime }
      for state in states { memory.entries[state.id] = Entry(state: state, seenAt: now) }
    }
  }

  /// Nil when it has to be inspected: unknown, too old, or the list shows another state.
  func state(of summary: ContainerSummary) -> ContainerState? {
    let entry = memory.withLock { $0.entries[summary.id] }
    guard let entry, ContinuousClock.now - entry.seenAt < Self.lifetime, entry.state.status == summary.status,
      entry.state.health == summary.health, entry.state.name == summary.name,
      entry.state.ipAddress == summary.ipAddress
    else { return nil }
    return entry.state
  }
}
