internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// Runs one accepted attempt and reports its result. Progress reports renew the attempt's lease while it
/// runs; their replies say whether the attempt is to stop.
struct AttemptRun: Sendable {
  private let order: WorkOrder
  private let node: ResourceID
  private let engine: EngineAddress
  private let dependencies: LocalRunner.Dependencies
  private let running: RunningAttempts
  private let stopSignals: AsyncStream<Void>
  private let lease: TimeSpan
  private let leaseUntil: Timestamp

  /// How one of the concurrent tasks of an attempt ended.
  private enum Completion: Sendable {
    case ended(ExecutionEnd)
    /// The attempt has ended, or another one replaced it: it is not reported.
    case superseded
    /// The task ended without deciding about the attempt.
    case undecided
  }

  init(
    _ order: WorkOrder, on node: ResourceID, engine: EngineAddress, dependencies: LocalRunner.Dependencies,
    running: RunningAttempts, stopSignals: AsyncStream<Void>, lease: TimeSpan, leaseUntil: Timestamp
  ) {
    self.order = order
    self.node = node
    self.engine = engine
    self.dependencies = dependencies
    self.running = running
    self.stopSignals = stopSignals
    self.lease = lease
    self.leaseUntil = leaseUntil
  }

  func run() async {
    let module = await dependencies.modules()[order.moduleID]
    let meter = AttemptMeter(order, of: module)
    let start = dependencies.time.uptime()
    let progress = AttemptProgress()
    let completion = await withTaskGroup(of: Completion.self) { group in
      group.addTask {
        guard let module else { return .ended(.unknownModule) }
        let execution = AttemptExecution(
          order, of: module, on: node, engine: engine, dependencies: dependencies, running: running,
          lease: lease)
        return .ended(await execution.run { progress.record($0) })
      }
      group.addTask { await reportProgress(progress, meter, since: start) }
      group.addTask {
        for await _ in stopSignals { return .ended(.stopped) }
        return .undecided
      }
      var first = Completion.undecided
      while case .undecided = first, let next = await group.next() { first = next }
      group.cancelAll()
      return first
    }
    guard case .ended(var end) = completion else { return }
    if end == .noContainer || end == .unknownModule {
      let images = await reportContainers()
      if end == .noContainer, images?.contains(order.image) ?? true { end = .containerNotReady }
    }
    if end == .unknownModule || end == .containerNotReady {
      try? await dependencies.time.sleep(AttemptRun.placementPause)
    }
    await reportResult(of: end, progress, meter, since: start)
  }

  /// How long the end of an attempt waits whose module the node does not have at the moment, so that its job
  /// is not placed here again and again.
  private static let placementPause = TimeSpan(seconds: 2)

  /// Reports the containers that are there now, so that the scheduler does not choose the node again for a
  /// container that is gone. Returns the images of the healthy ones; nil where the engine does not answer.
  private func reportContainers() async -> [String]? {
    guard case .success(let observation) = await dependencies.observe(node, on: engine) else { return nil }
    let heartbeat = observation.heartbeat(of: node, on: engine, running: running.count)
    // The next heartbeat names the attempts to stop again.
    _ = try? await dependencies.workerAPI.heartbeat(heartbeat)
    return observation.images
  }

  /// Returns when the attempt is to stop or the task is cancelled.
  private func reportProgress(
    _ progress: AttemptProgress, _ meter: AttemptMeter, since start: TimeSpan
  ) async -> Completion {
    var interval = reportInterval(until: leaseUntil)
    var lastReport = start
    while (try? await dependencies.time.sleep(min(TimeSpan(seconds: 1), interval))) != nil {
      let now = dependencies.time.uptime()
      guard progress.hasUnsentReport || now.milliseconds - lastReport.milliseconds >= interval.milliseconds
      else { continue }
      let report = progress.report(for: order)
      let event = WorkReport.Event.progress(
        units: report.units, meter.usageSoFar(from: start, to: now), note: report.note)
      do throws(JobError) {
        let reply = try await dependencies.workerAPI.report(
          WorkReport(order.attempt, event), from: node.name)
        progress.markSent(report)
        lastReport = now
        interval = reportInterval(until: reply.leaseUntil)
        if reply.stops { return .ended(.stopped) }
      } catch {
        // A report that could not be delivered is sent again, in time for the lease.
        if error.code != .unavailable { return .superseded }
      }
    }
    return .undecided
  }

  /// A third of the lease: of the length that was agreed at registration, or of the remaining time where that
  /// is shorter. An end that lies in the past by this clock is ignored.
  private func reportInterval(until leaseUntil: Timestamp) -> TimeSpan {
    let remaining = (leaseUntil - dependencies.time.now()).milliseconds
    let shorter = remaining > 0 ? min(remaining, lease.milliseconds) : lease.milliseconds
    return TimeSpan(milliseconds: max(shorter / 3, min(100, max(lease.milliseconds / 3, 1))))
  }

  private func reportResult(
    of end: ExecutionEnd, _ progress: AttemptProgress, _ meter: AttemptMeter, since start: TimeSpan
  ) async {
    var measured: TimeSpan?
    if case .command(let result, _) = end { measured = result.cpuTime }
    let usage = meter.usage(from: start, to: dependencies.time.uptime(), measured: measured)
    let event: WorkReport.Event
    switch AttemptOutcome(end, of: order) {
    case .success(let units, let output, let artefacts):
      event = .succeed(units: units, usage, output: output, artefacts: artefacts)
      dependencies.onEvent(.ended(order.attempt, node: node.name, result: "succeeded"))
    case .failure(let reason, let isFinal):
      await deliverProgress(progress, usage)
      event = .fail(reason: reason, usage, isFinal: isFinal)
      dependencies.onEvent(.ended(order.attempt, node: node.name, result: reason))
    case .interruption(let interruption, let reason):
      await deliverProgress(progress, usage)
      event = .interrupt(interruption, reason: reason, usage)
      dependencies.onEvent(.ended(order.attempt, node: node.name, result: reason))
    }
    await dependencies.deliver(WorkReport(order.attempt, event), from: node.name)
  }

  /// Delivers units that are not reported yet: a cancelled or preempted job is paid by them.
  private func deliverProgress(_ progress: AttemptProgress, _ usage: WorkUsage) async {
    let report = progress.report(for: order)
    guard progress.hasUnsentReport else { return }
    await dependencies.deliver(
      WorkReport(order.attempt, .progress(units: report.units, usage, note: report.note)), from: node.name)
  }
}
