package import Model
internal import Synchronization

/// Watches engines, so that the loop looks at once at what changed there and not only at the next resync.
///
/// Events may be lost, for instance while an engine is restarted; the watch then says so instead of guessing.
package struct ContainerWatch: Sendable {
  package enum News: Hashable, Sendable {
    /// A container of this resource changed, whoever did it.
    case changed(ResourceID)
    /// An engine answers again: anything on it may have changed meanwhile.
    case missed(EngineAddress)
  }

  private let engines: EnginePool
  private let owner: String
  private let clock: any Clock<Duration>

  /// How often it is looked whether the controller got to know another engine.
  private static let lookPause = Duration.seconds(5)
  private static let shortestPause = Duration.milliseconds(500)
  private static let longestPause = Duration.seconds(30)

  package init(engines: EnginePool, owner: String, clock: any Clock<Duration> = ContinuousClock()) {
    self.engines = engines
    self.owner = owner
    self.clock = clock
  }

  /// Watches all engines that the pool knows or comes to know, until it is cancelled.
  package func run(report: @escaping @Sendable (News) -> Void) async {
    await withDiscardingTaskGroup { group in
      var watched: Set<EngineAddress> = []
      while !Task.isCancelled {
        for address in engines.known where watched.insert(address).inserted {
          group.addTask { await watch(address, report: report) }
        }
        try? await clock.sleep(for: Self.lookPause)
      }
      group.cancelAll()
    }
  }

  /// Connects again and again, ever more slowly while the engine does not answer.
  private func watch(_ address: EngineAddress, report: @escaping @Sendable (News) -> Void) async {
    var pause = Self.shortestPause
    let connections = Connections()
    while !Task.isCancelled {
      let before = connections.count
      do throws(BackendError) {
        try await engines.engine(at: address).watch(owner: owner) {
          if connections.begin() { report(.missed(address)) }
        } changed: {
          report(.changed($0))
        }
      } catch {
        // Whether an engine answers is said where it is observed.
      }
      connections.end()
      pause = connections.count > before ? Self.shortestPause : min(pause * 2, Self.longestPause)
      try? await clock.sleep(for: pause)
    }
  }
}

/// Counts conversations with one engine, to know whether something may have been missed before one.
private final class Connections: Sendable {
  private let state = Mutex((count: 0, attempts: 0))

  var count: Int { state.withLock { $0.count } }

  /// Whether anything went before: an earlier conversation, or an attempt that failed.
  func begin() -> Bool {
    state.withLock { state in
      state.count += 1
      return state.attempts > 0
    }
  }

  /// A conversation, or an attempt at one, is over.
  func end() { state.withLock { $0.attempts += 1 } }
}
