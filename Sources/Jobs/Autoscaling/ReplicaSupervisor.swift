package import Model
package import Reconciling
internal import Synchronization

/// Runs as many scheduler replicas as the pending jobs need while a server runs: as child processes, which
/// end with the server, or as containers, which do not. Pods on Kubernetes are scaled by KEDA.
package struct ReplicaSupervisor: Sendable {
  private let name: String
  private let source: any ReplicaSource
  private let spawner: any ReplicaSpawner
  private let scaler: (any ReplicaScaler)?
  private let time: TimeSource
  private let log: @Sendable (String) -> Void
  private let state: SharedState

  /// - Parameters:
  ///   - name: the prefix of the names of its processes, such as `host-1234`.
  ///   - scaler: nil without a container engine; replicas then cannot run as containers.
  ///   - log: receives one sentence for each event.
  package init(
    name: String, source: any ReplicaSource, spawner: any ReplicaSpawner, scaler: (any ReplicaScaler)?,
    time: TimeSource, log: @escaping @Sendable (String) -> Void
  ) {
    self.name = name
    self.source = source
    self.spawner = spawner
    self.scaler = scaler
    self.time = time
    self.log = log
    state = SharedState()
  }

  /// Evaluates the demand at each tick. Returns when the ticks end or the task is cancelled, once all
  /// processes have ended.
  package func run(ticks: some AsyncSequence<Void, Never>) async {
    await withDiscardingTaskGroup { group in
      var stops: [Int: AsyncStream<Never>.Continuation] = [:]
      for await _ in ticks {
        let processes = await evaluate()
        let now = time.now()
        let actions = state.value.withLock { state in
          state.desired = processes
          return state.slots.actions(desired: processes, at: now)
        }
        for action in actions {
          switch action {
          case .start(let slot):
            let (stop, continuation) = AsyncStream<Never>.makeStream()
            stops[slot] = continuation
            group.addTask { await runProcess(in: slot, until: stop) }
          case .stop(let slot): stops.removeValue(forKey: slot)?.finish()
          }
        }
      }
      group.cancelAll()
    }
    await source.release()
  }

  /// Yields immediately, then after each interval, until the task is cancelled.
  package static func ticks(every interval: TimeSpan, _ time: TimeSource) -> AsyncStream<Void> {
    let isFirst = Mutex(true)
    return AsyncStream {
      if isFirst.withLock({ first in
        defer { first = false }
        return first
      }) {
        return ()
      }
      return (try? await time.sleep(interval)).map { _ in () }
    }
  }

  /// The interval between two evaluations of the demand.
  package static let interval = TimeSpan(seconds: 2)

  /// The number of running processes, including those that are stopping.
  package var running: Int { state.value.withLock { $0.slots.running } }

  package var status: ReplicaStatus {
    state.value.withLock { state in
      ReplicaStatus(
        desired: state.desired, running: state.slots.running, crashCount: state.slots.crashCount,
        lastCrash: state.lastCrash)
    }
  }

  private func runProcess(in slot: Int, until stop: AsyncStream<Never>) async {
    let name = "\(name)-\(slot)"
    log("scheduler \(name) starts")
    let spawner = spawner
    let result = await withTaskGroup(of: String?.self) { group in
      group.addTask { await spawner.run(name) }
      group.addTask {
        for await _ in stop {}
        return nil
      }
      return await group.firstResult()
    }
    let now = time.now()
    let text = "scheduler \(name) \(result ?? "was stopped")"
    state.value.withLock { state in
      let count = state.slots.crashCount
      state.slots.recordEnd(of: slot, at: now)
      if state.slots.crashCount > count { state.lastCrash = text }
    }
    log(text)
  }

  /// Performs the plan for containers and returns the number of processes that are to run.
  private func evaluate() async -> Int {
    let demand = await source.read()
    let now = time.now()
    let plan = state.value.withLock { $0.scaling.plan(for: demand, at: now) }
    if let change = plan.change { log("schedulers: \(change)") }
    var problem = plan.problem
    if let containers = plan.containers { problem = await scale(containers) }
    logOnce(problem)
    return plan.processes
  }

  /// Returns a problem that keeps containers from running. Problems with the removal of containers of an
  /// earlier run are ignored.
  private func scale(_ plan: ReplicaScaling.ContainerPlan) async -> String? {
    guard let scaler else {
      return plan.docker == nil ? nil : "schedulers cannot run as containers: there is no container engine"
    }
    switch await renewingLease({ await ReplicaSupervisor.scale(plan, scaler) }) {
    case .success(let count)?:
      state.value.withLock { $0.scaling.recordContainers(count, after: plan) }
      return nil
    case .failure(let error)?:
      return plan.docker == nil ? nil : "schedulers cannot run as containers: \(error)"
    case nil: return nil
    }
  }

  private static func scale(
    _ plan: ReplicaScaling.ContainerPlan, _ scaler: any ReplicaScaler
  ) async -> Result<Int, ReplicaProblem> {
    do throws(ReplicaProblem) {
      return .success(try await scaler.scale(to: plan.count, plan.docker, of: plan.scheduler))
    } catch {
      return .failure(error)
    }
  }

  /// Renews the supervisor lease during work that may take longer than the lease lasts.
  private func renewingLease<Output: Sendable>(
    _ work: @escaping @Sendable () async -> Output
  ) async -> Output? {
    await withTaskGroup(of: Output?.self) { group in
      group.addTask { await work() }
      group.addTask { [source, time] in
        while (try? await time.sleep(ReplicaSupervisor.interval)) != nil { _ = await source.read() }
        return nil
      }
      return await group.firstResult()
    }
  }

  /// Logs a problem once for as long as it lasts.
  private func logOnce(_ problem: String?) {
    let isNew = state.value.withLock { state in
      defer { state.problem = problem }
      return state.problem != problem
    }
    if isNew, let problem { log(problem) }
  }

  private struct State: Sendable {
    var slots = ReplicaSlots()
    var scaling = ReplicaScaling()
    var desired = 0
    var lastCrash: String?
    /// The last problem; nil after an evaluation without one.
    var problem: String?
  }

  private final class SharedState: Sendable {
    let value = Mutex(State())
  }
}

extension TaskGroup {
  /// The result of the first child task that ends; the others are cancelled.
  fileprivate mutating func firstResult<Output: Sendable>() async -> Output?
  where ChildTaskResult == Output? {
    let first = await next() ?? nil
    cancelAll()
    return first
  }
}
