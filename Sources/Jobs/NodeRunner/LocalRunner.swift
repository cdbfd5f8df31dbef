package import ContainerSupport
package import HTTP
package import JobModel
package import Model
package import Reconciling
internal import Synchronization

/// The worker of all nodes whose container engine this process can reach: it registers them, sends their
/// heartbeats, takes their work and runs each attempt in a container of the job's module.
///
/// `run()` has one child task for each node (`NodeWorker`), which has one for each attempt (`AttemptRun`).
/// The result of an attempt is decided by `AttemptOutcome` and its usage by `AttemptMeter`; both are pure.
/// `docs/modules.md` describes the interface of modules, including progress lines on standard error
/// (`ProgressLine`). Nodes whose engine does not answer send no heartbeats, so they go offline until the
/// engine answers again.
package struct LocalRunner: Sendable {
  package enum Event: Hashable, Sendable {
    /// The node is registered, or its engine answers again.
    case online(node: String)
    /// The node sends no heartbeats and takes no work.
    case offline(node: String, reason: String)
    /// The result that is reported to the scheduler.
    case ended(AttemptID, node: String, result: String)
  }

  /// What the workers and attempts of a runner share.
  struct Dependencies: Sendable {
    let workerAPI: any WorkerAPI
    let engines: EnginePool
    let http: HTTPClient
    let probe: HealthProbe
    /// The marks of the containers that attempts use.
    let marks: Marks
    let time: TimeSource
    let modules: @Sendable () async -> [ResourceID: WorkOffer]
    let onEvent: @Sendable (Event) -> Void
  }

  private let dependencies: Dependencies
  private let nodes: @Sendable () async -> [ResourceID: ComputeOffer]

  /// - Parameters:
  ///   - marks: those of the containers that attempts use.
  ///   - nodes: returns the nodes to serve; called every few seconds. A node without an engine is not served.
  ///     A node that is no longer returned takes no more work, and its running attempts finish.
  ///   - modules: returns the applied modules; called for each heartbeat and attempt.
  package init(
    workerAPI: any WorkerAPI, engines: EnginePool, http: HTTPClient, marks: Marks, time: TimeSource,
    nodes: @escaping @Sendable () async -> [ResourceID: ComputeOffer],
    modules: @escaping @Sendable () async -> [ResourceID: WorkOffer],
    onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    dependencies = Dependencies(
      workerAPI: workerAPI, engines: engines, http: http, probe: HealthProbe(get: HealthProbe.over(http)),
      marks: marks, time: time, modules: modules, onEvent: onEvent)
    self.nodes = nodes
  }

  private static let refreshInterval = TimeSpan(seconds: 2)

  /// Serves until the task is cancelled. Attempts that run then are stopped and reported as interrupted, so
  /// that their jobs start again.
  package func run() async {
    let served = ServedNodes()
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for node in served.update(await nodes()) {
          group.addTask { [dependencies] in
            await NodeWorker(node: node, dependencies: dependencies, served: served).run()
            served.release(node)
          }
        }
        try? await dependencies.time.sleep(Self.refreshInterval)
      }
      group.cancelAll()
    }
  }
}

/// The nodes that are to be served, and those that have a worker.
final class ServedNodes: Sendable {
  private struct State {
    var desired: [ResourceID: ComputeOffer] = [:]
    var served: Set<ResourceID> = []
  }

  private let state = Mutex(State())

  /// Replaces the nodes to serve. Returns those that have no worker yet, sorted, and marks them as served.
  func update(_ nodes: [ResourceID: ComputeOffer]) -> [ResourceID] {
    state.withLock { state in
      state.desired = nodes.filter { $0.value.engine != nil }
      let new = state.desired.keys.filter { !state.served.contains($0) }.sorted()
      state.served.formUnion(new)
      return new
    }
  }

  /// The current offer of a node; nil when it is not to be served any longer.
  subscript(_ node: ResourceID) -> ComputeOffer? { state.withLock { $0.desired[node] } }
  func release(_ node: ResourceID) { state.withLock { _ = $0.served.remove(node) } }
}
