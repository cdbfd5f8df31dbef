internal import Concurrency
internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// The worker of one node. It ends when the node is no longer to be served or the task is cancelled.
struct NodeWorker: Sendable {
  let node: ResourceID
  let dependencies: LocalRunner.Dependencies
  let served: ServedNodes
  private let running = RunningAttempts()

  private static let longPollTimeout = Duration.seconds(20)
  private static let retryPause = TimeSpan(seconds: 1)
  private static let registrationPause = TimeSpan(seconds: 5)
  private static let observationInterval = TimeSpan(seconds: 3)

  init(node: ResourceID, dependencies: LocalRunner.Dependencies, served: ServedNodes) {
    self.node = node
    self.dependencies = dependencies
    self.served = served
  }

  func run() async {
    guard let terms = await registerWhenReachable() else { return }
    await withDiscardingTaskGroup { group in
      group.addTask { await sendHeartbeats(terms) }
      await takeWork(terms)
      group.cancelAll()
    }
  }

  private var name: String { node.name }
  private var isServing: Bool { !Task.isCancelled && served[node] != nil }

  /// Registers as soon as the engine answers. Nil when the node is no longer to be served.
  private func registerWhenReachable() async -> WorkTerms? {
    var hasReportedOffline = false
    while isServing, let engine = served[node]?.engine {
      switch await dependencies.observe(node, on: engine) {
      case .success(let observation):
        if let terms = await register(observation.heartbeat(of: node, on: engine, running: 0)) {
          dependencies.onEvent(.online(node: name))
          return terms
        }
      case .failure(let error):
        if !hasReportedOffline { dependencies.onEvent(.offline(node: name, reason: error.message)) }
        hasReportedOffline = true
      }
      try? await dependencies.time.sleep(Self.registrationPause)
    }
    return nil
  }

  /// Reports attempts of an earlier run as interrupted. Nil when the scheduler does not answer or does not
  /// know the node yet.
  private func register(_ heartbeat: WorkerHeartbeat) async -> WorkTerms? {
    let terms: WorkTerms
    do throws(JobError) {
      terms = try await dependencies.workerAPI.register(heartbeat)
    } catch {
      return nil
    }
    let own = running.ids
    for attempt in terms.accepted where !own.contains(attempt) {
      let event = WorkReport.Event.interrupt(
        .lostContainer, reason: "the runner restarted", WorkUsage())
      await dependencies.deliver(WorkReport(attempt, event), from: name)
    }
    return terms
  }

  /// Sends heartbeats while the engine answers: as often as the terms require, immediately after the images
  /// changed, and after each observation while attempts run, because the reply says which of them are to
  /// stop.
  private func sendHeartbeats(_ terms: WorkTerms) async {
    var images: [String]?
    var lastHeartbeat = dependencies.time.uptime()
    while !Task.isCancelled {
      try? await dependencies.time.sleep(min(terms.heartbeatEvery, Self.observationInterval))
      guard !Task.isCancelled, let engine = served[node]?.engine else { continue }
      switch await dependencies.observe(node, on: engine) {
      case .success(let observation):
        let wasUnreachable = running.isEngineUnreachable
        running.isEngineUnreachable = false
        if wasUnreachable { dependencies.onEvent(.online(node: name)) }
        let silence = dependencies.time.uptime().milliseconds - lastHeartbeat.milliseconds
        let isDue = silence + Self.observationInterval.milliseconds > terms.heartbeatEvery.milliseconds
        let hasChanged = observation.images != images || wasUnreachable || running.count > 0
        guard isDue || hasChanged else { continue }
        if await send(observation.heartbeat(of: node, on: engine, running: running.count)) {
          images = observation.images
          lastHeartbeat = dependencies.time.uptime()
        }
      case .failure(let error):
        if !running.isEngineUnreachable, !Task.isCancelled {
          dependencies.onEvent(.offline(node: name, reason: error.message))
        }
        running.isEngineUnreachable = true
      }
    }
  }

  /// Stops the attempts that the reply names. Returns whether the scheduler recorded the heartbeat.
  private func send(_ heartbeat: WorkerHeartbeat) async -> Bool {
    do throws(JobError) {
      for attempt in try await dependencies.workerAPI.heartbeat(heartbeat) { running.stop(attempt) }
      return true
    } catch {
      guard error.code == .unknownNode else { return false }
      return await register(heartbeat) != nil
    }
  }

  /// Takes as many orders as slots are free. Returns when all attempts that were taken have ended.
  private func takeWork(_ terms: WorkTerms) async {
    var ends = running.ends.makeAsyncIterator()
    await withDiscardingTaskGroup { group in
      while isServing, let offer = served[node], let engine = offer.engine {
        let free = offer.slots - running.count
        if running.isEngineUnreachable {
          try? await dependencies.time.sleep(Self.retryPause)
        } else if free <= 0 {
          _ = await ends.next()
        } else {
          for order in await orders(limit: free).prefix(free) {
            guard let (stopSignals, leaseUntil) = await accept(order) else {
              // The scheduler returns the order again; the pause keeps this loop from spinning.
              try? await dependencies.time.sleep(Self.retryPause)
              continue
            }
            group.addTask {
              await AttemptRun(
                order, on: node, engine: engine, dependencies: dependencies, running: running,
                stopSignals: stopSignals, lease: terms.lease, leaseUntil: leaseUntil
              ).run()
              running.end(order.attempt)
            }
          }
        }
      }
    }
  }

  private func orders(limit: Int) async -> [WorkOrder] {
    do throws(JobError) {
      return try await dependencies.workerAPI.work(for: name, limit: limit, timeout: Self.longPollTimeout)
    } catch {
      try? await dependencies.time.sleep(Self.retryPause)
      return []
    }
  }

  /// Returns the attempt's stop signals and the end of its lease, or nil when the attempt runs already or was
  /// superseded.
  private func accept(_ order: WorkOrder) async -> (AsyncStream<Void>, Timestamp)? {
    guard let stopSignals = running.begin(order.attempt) else { return nil }
    do throws(JobError) {
      let reply = try await dependencies.workerAPI.report(WorkReport(order.attempt, .accept), from: name)
      if reply.stops { running.stop(order.attempt) }
      return (stopSignals, reply.leaseUntil)
    } catch {
      running.end(order.attempt)
      return nil
    }
  }
}

extension LocalRunner.Dependencies {
  private static let retryPauses = [200, 500, 1000, 2000, 4000, 8000].map { TimeSpan(milliseconds: $0) }

  /// Sends a report, again while the scheduler does not answer. The first try is made even when the task is
  /// cancelled. An attempt whose result is never delivered ends with its lease.
  func deliver(_ report: WorkReport, from node: String) async {
    for pause in [TimeSpan(milliseconds: 0)] + Self.retryPauses {
      if pause.milliseconds > 0, (try? await time.sleep(pause)) == nil { return }
      let result = await UncancellableTask.run { [workerAPI] in
        await LocalRunner.Dependencies.send(report, from: node, to: workerAPI)
      }
      guard case .failure(let error) = result, error.code == .unavailable else { return }
    }
  }

  /// A separate function because Swift 6.3 miscompiles a typed `do` inside a task's closure.
  private static func send(
    _ report: WorkReport, from node: String, to workerAPI: any WorkerAPI
  ) async -> Result<Void, JobError> {
    do throws(JobError) {
      _ = try await workerAPI.report(report, from: node)
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}
