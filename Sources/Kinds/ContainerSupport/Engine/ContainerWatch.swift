package import Model
internal import Synchronization

/// Watches engines, so that the controller observes a changed container at once and not at the next resync.
///
/// Events may be lost, for instance while an engine restarts. The watch then reports `missed`.
package struct ContainerWatch: Sendable {
  package enum Event: Hashable, Sendable {
    /// A container of this resource changed, by the controller or outside it.
    case changed(ResourceID)
    /// The connection to an engine was established again. Everything on the engine may have changed
    /// meanwhile.
    case missed(EngineAddress)
  }

  private let engines: EnginePool
  private let owner: String
  private let clock: any Clock<Duration>

  /// The interval at which the pool is read for new engines.
  private static let discoveryInterval = Duration.seconds(5)
  private static let minPause = Duration.milliseconds(500)
  private static let maxPause = Duration.seconds(30)

  package init(engines: EnginePool, owner: String, clock: any Clock<Duration> = ContinuousClock()) {
    self.engines = engines
    self.owner = owner
    self.clock = clock
  }

  /// Watches the engines that the pool knows, now and later, until the task is cancelled.
  package func run(report: @escaping @Sendable (Event) -> Void) async {
    await withDiscardingTaskGroup { group in
      var watched: Set<EngineAddress> = []
      while !Task.isCancelled {
        for address in engines.known where watched.insert(address).inserted {
          group.addTask { await watch(address, report: report) }
        }
        try? await clock.sleep(for: Self.discoveryInterval)
      }
      group.cancelAll()
    }
  }

  /// Connects repeatedly, with exponential back-off while the engine does not answer.
  private func watch(_ address: EngineAddress, report: @escaping @Sendable (Event) -> Void) async {
    var pause = Self.minPause
    let connections = ConnectionCounter()
    while !Task.isCancelled {
      let before = connections.count
      do throws(BackendError) {
        try await engines.engine(at: address).watch(owner: owner) {
          if connections.begin() { report(.missed(address)) }
        } changed: {
          report(.changed($0))
        }
      } catch {
        // Observations report an engine that does not answer.
      }
      connections.end()
      pause = connections.count > before ? Self.minPause : min(pause * 2, Self.maxPause)
      try? await clock.sleep(for: pause)
    }
  }
}

/// Counts the connections to one engine, to detect that events may have been missed between two of them.
private final class ConnectionCounter: Sendable {
  private let state = Mutex((count: 0, attempts: 0))

  var count: Int { state.withLock { $0.count } }

  /// Records an established connection. Returns whether an earlier connection or attempt has ended.
  func begin() -> Bool {
    state.withLock { state in
      state.count += 1
      return state.attempts > 0
    }
  }

  /// Records the end of a connection or of a failed attempt.
  func end() { state.withLock { $0.attempts += 1 } }
}
