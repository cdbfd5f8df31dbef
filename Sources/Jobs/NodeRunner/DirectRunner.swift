package import ContainerSupport
package import HTTP
package import JobModel
internal import Model
package import Reconciling
internal import Synchronization

/// The worker of every node whose engine is reached from here: it says that they are there, takes their work
/// and runs each attempt in a container of the job's module.
///
/// `run()` is all of it: a child for each node (`NodeWorker`), which has one for each attempt (`AttemptRun`).
/// What an end means is decided by `AttemptOutcome`, what is metered by `AttemptMeter`; both are pure. How a
/// module talks is written in `docs/modules.md`; on standard error it may tell how it goes (`ProgressLine`).
/// An engine that does not answer silences its nodes, which go offline by that, and come back with it.
package struct DirectRunner: Sendable {
  package enum News: Hashable, Sendable {
    /// The node is registered, or its engine answers again.
    case online(node: String)
    /// It gives no sign any more, and takes no work.
    case offline(node: String, reason: String)
    /// What was said of it to the scheduler.
    case ended(AttemptID, node: String, what: String)
  }

  /// What everything in here works with.
  struct Parts: Sendable {
    let desk: any WorkerAPI
    let engines: EnginePool
    let http: HTTPClient
    let probe: HealthProbe
    /// Whose containers are used.
    let owner: String
    let time: TimeSource
    let modules: @Sendable () async -> [DirectModule]
    let tell: @Sendable (News) -> Void
  }

  private let parts: Parts
  private let nodes: @Sendable () async -> [DirectNode]

  /// - Parameters:
  ///   - owner: the value of `ContainerLabels.owner` of the containers that are used.
  ///   - nodes: those that it is to serve now; asked every few seconds. A node that left them takes nothing
  ///     more, and what runs on it is finished.
  ///   - modules: those that are applied now; asked with every heartbeat and attempt.
  package init(
    desk: any WorkerAPI, engines: EnginePool, http: HTTPClient, owner: String, time: TimeSource,
    nodes: @escaping @Sendable () async -> [DirectNode],
    modules: @escaping @Sendable () async -> [DirectModule],
    tell: @escaping @Sendable (News) -> Void = { _ in }
  ) {
    parts = Parts(
      desk: desk, engines: engines, http: http, probe: HealthProbe(get: HealthProbe.over(http)), owner: owner,
      time: time, modules: modules, tell: tell)
    self.nodes = nodes
  }

  private static let lookPause = TimeSpan(seconds: 2)

  /// Serves until it is cancelled; attempts that run then are ended, and said to have failed, so that others
  /// take them.
  package func run() async {
    let roster = NodeRoster()
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for node in roster.take(await nodes()) {
          group.addTask { [parts] in
            await NodeWorker(name: node.name, parts: parts, roster: roster).run()
            roster.leave(node.name)
          }
        }
        try? await parts.time.sleep(Self.lookPause)
      }
      group.cancelAll()
    }
  }
}

/// The nodes that are to be served, and those that are.
final class NodeRoster: Sendable {
  private struct State {
    var wanted: [String: DirectNode] = [:]
    var served: Set<String> = []
  }

  private let state = Mutex(State())

  /// Returns those that nobody serves yet, by name; they count as served from now on.
  func take(_ nodes: [DirectNode]) -> [DirectNode] {
    state.withLock { state in
      state.wanted = Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      let new = state.wanted.values.filter { !state.served.contains($0.name) }.sorted { $0.name < $1.name }
      state.served.formUnion(new.map(\.name))
      return new
    }
  }

  /// As it is wanted now; nil: it is not any longer.
  func wanted(_ name: String) -> DirectNode? { state.withLock { $0.wanted[name] } }
  func leave(_ name: String) { state.withLock { _ = $0.served.remove(name) } }
}
