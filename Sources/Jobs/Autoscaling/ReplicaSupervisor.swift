package import Model
package import Reconciling
internal import Synchronization

/// Keeps as many schedulers as the waiting jobs ask for, while a server runs: processes of its own, which end
/// with it, or containers, which do not. What runs on Kubernetes is KEDA's.
package struct ReplicaSupervisor: Sendable {
  private let name: String
  private let source: any ReplicaSource
  private let spawner: any ReplicaSpawner
  private let keeper: (any ReplicaKeeper)?
  private let time: TimeSource
  private let log: @Sendable (String) -> Void
  private let state: Memory

  /// - Parameters:
  ///   - name: begins the names of its processes: `host-1234`.
  ///   - keeper: nil where there is no engine; containers cannot be had then.
  ///   - log: what happens, in sentences.
  package init(
    name: String, source: any ReplicaSource, spawner: any ReplicaSpawner, keeper: (any ReplicaKeeper)?,
    time: TimeSource, log: @escaping @Sendable (String) -> Void
  ) {
    self.name = name
    self.source = source
    self.spawner = spawner
    self.keeper = keeper
    self.time = time
    self.log = log
    state = Memory()
  }

  /// Looks at each tick. Ends when the ticks do or the task is cancelled, once all its processes are gone.
  package func run(ticks: some AsyncSequence<Void, Never>) async {
    await withDiscardingTaskGroup { group in
      var stops: [Int: AsyncStream<Never>.Continuation] = [:]
      for await _ in ticks {
        let wanted = await look()
        let now = time.now()
        for order in state.value.withLock({ $0.roster.orders(wanted: wanted, at: now) }) {
          switch order {
          case .start(let place):
            let (stop, continuation) = AsyncStream<Never>.makeStream()
            stops[place] = continuation
            group.addTask { await serve(place, until: stop) }
          case .stop(let place): stops.removeValue(forKey: place)?.finish()
          }
        }
      }
      group.cancelAll()
    }
    await source.leave()
  }

  /// At once, then after each pause, until the task is cancelled.
  package static func ticks(every pause: TimeSpan, _ time: TimeSource) -> AsyncStream<Void> {
    let isFirst = Mutex(true)
    return AsyncStream {
      if isFirst.withLock({ first in
        defer { first = false }
        return first
      }) {
        return ()
      }
      return (try? await time.sleep(pause)).map { _ in () }
    }
  }

  /// How often the waiting jobs are counted.
  package static let pause = TimeSpan(seconds: 2)

  /// Processes that work, also on their way out.
  package var running: Int { state.value.withLock { $0.roster.running } }

  private func serve(_ place: Int, until stop: AsyncStream<Never>) async {
    let name = "\(name)-\(place)"
    log("scheduler \(name) starts")
    let spawner = spawner
    let end = await withTaskGroup(of: String?.self) { group in
      group.addTask { await spawner.run(name) }
      group.addTask {
        for await _ in stop {}
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    let now = time.now()
    state.value.withLock { $0.roster.ended(place, at: now) }
    log("scheduler \(name) \(end ?? "was stopped")")
  }

  /// How many processes there shall be; containers are seen to here.
  private func look() async -> Int {
    switch await source.read() {
    case .unknown(let problem):
      tell("waiting jobs cannot be counted: \(problem)")
      return state.value.withLock { $0.processes }
    case .notMine:
      tell(nil)
      state.value.withLock { ($0.current, $0.processes) = (0, 0) }
      return 0
    case .mine(let scheduler, let settings, let pending):
      tell(nil)
      return await steer(scheduler, settings, pending)
    }
  }

  private func steer(_ scheduler: String, _ settings: ReplicaSettings, _ pending: Int) async -> Int {
    let now = time.now()
    func chosen() -> Int {
      let (current, decision) = state.value.withLock { state in
        let decision = ReplicaDecision.make(
          current: state.current, pending: Int64(pending), rule: settings.rule,
          history: state.history, now: now)
        state.history = decision.history
        return (state.current, decision)
      }
      if decision.replicas != current {
        log("schedulers: \(current) → \(decision.replicas), \(decision.reason)")
      }
      return decision.replicas
    }
    switch settings.runtime {
    case .process:
      let count = chosen()
      await keep(0, nil, of: scheduler)
      state.value.withLock { ($0.current, $0.processes) = (count, count) }
      return count
    case .docker(let docker):
      let count = chosen()
      await keep(count, docker, of: scheduler)
      state.value.withLock { ($0.current, $0.processes) = (count, 0) }
      return 0
    case .kubernetes:
      await keep(0, nil, of: scheduler)
      state.value.withLock { ($0.current, $0.processes) = (0, 0) }
      return 0
    }
  }

  /// Containers of an earlier run are looked for once; where none are wanted an engine that does not answer
  /// is no news.
  private func keep(_ count: Int, _ docker: DockerReplicas?, of scheduler: String) async {
    let mayBeThere = state.value.withLock { $0.mayHaveContainers }
    guard docker != nil || mayBeThere else { return }
    guard let keeper else {
      if docker != nil { tell("there is no engine to run schedulers as containers") }
      return
    }
    switch await holdingSeat({ await ReplicaSupervisor.attempt(count, docker, scheduler, keeper) }) {
    case .success(let left)?: state.value.withLock { $0.mayHaveContainers = docker != nil || left > 0 }
    case .failure(let error)?:
      if docker != nil { tell("schedulers cannot be run as containers: \(error)") }
    case nil: break
    }
  }

  private static func attempt(
    _ count: Int, _ docker: DockerReplicas?, _ scheduler: String, _ keeper: any ReplicaKeeper
  ) async -> Result<Int, ReplicaProblem> {
    do throws(ReplicaProblem) {
      return .success(try await keeper.keep(count, docker, of: scheduler))
    } catch {
      return .failure(error)
    }
  }

  /// Containers may take longer than the source waits for a sign before it lets another server begin.
  private func holdingSeat<Answer: Sendable>(_ work: @escaping @Sendable () async -> Answer) async -> Answer?
  {
    await withTaskGroup(of: Answer?.self) { group in
      group.addTask { await work() }
      group.addTask { [source, time] in
        while (try? await time.sleep(ReplicaSupervisor.pause)) != nil { _ = await source.read() }
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  /// Says a trouble once, for as long as it lasts.
  private func tell(_ trouble: String?) {
    let isNew = state.value.withLock { state in
      defer { state.trouble = trouble }
      return state.trouble != trouble
    }
    if isNew, let trouble { log(trouble) }
  }

  private struct State: Sendable {
    var roster = ReplicaSlots()
    /// How many there shall be, as was decided last.
    var current = 0
    /// What was decided before.
    var history = ReplicaHistory()
    /// Of them as processes.
    var processes = 0
    var mayHaveContainers = true
    var trouble: String?
  }

  private final class Memory: Sendable {
    let value = Mutex(State())
  }
}
