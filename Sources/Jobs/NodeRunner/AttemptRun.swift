internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// One attempt from its acceptance to the word that is said about its end. While it runs it tells how it
/// goes, which renews its lease, and heeds what it is answered.
struct AttemptRun: Sendable {
  private let order: WorkOrder
  private let node: DirectNode
  private let parts: DirectRunner.Parts
  private let running: RunningAttempts
  private let stopSigns: AsyncStream<Void>
  private let lease: TimeSpan
  private let leaseUntil: Timestamp

  private enum Turn: Sendable {
    case ended(ExecutionEnd)
    /// The attempt is another's, or over: nobody wants to hear of it.
    case superseded
    case nothing
  }

  init(
    _ order: WorkOrder, on node: DirectNode, parts: DirectRunner.Parts, running: RunningAttempts,
    stopSigns: AsyncStream<Void>, lease: TimeSpan, leaseUntil: Timestamp
  ) {
    self.order = order
    self.node = node
    self.parts = parts
    self.running = running
    self.stopSigns = stopSigns
    self.lease = lease
    self.leaseUntil = leaseUntil
  }

  func run() async {
    let module = await parts.modules().first { $0.name == order.module }
    let meter = AttemptMeter(order, of: module)
    let began = parts.time.uptime()
    let state = AttemptProgress()
    let turn = await withTaskGroup(of: Turn.self) { group in
      group.addTask {
        guard let module else { return .ended(.unknownModule) }
        let execution = AttemptExecution(
          order, of: module, on: node, parts: parts, running: running, lease: lease)
        return .ended(await execution.run { state.hear($0) })
      }
      group.addTask { await keepTelling(state, meter, since: began) }
      group.addTask {
        for await _ in stopSigns { return .ended(.stopped) }
        return .nothing
      }
      var first = Turn.nothing
      while case .nothing = first, let next = await group.next() { first = next }
      group.cancelAll()
      return first
    }
    guard case .ended(let end) = turn else { return }
    await tell(end, state, meter, since: began)
  }

  /// Returns when the attempt is to stop, or the task is cancelled.
  private func keepTelling(
    _ state: AttemptProgress, _ meter: AttemptMeter, since began: TimeSpan
  ) async -> Turn {
    var third = third(until: leaseUntil)
    var lastTold = began
    while (try? await parts.time.sleep(min(TimeSpan(seconds: 1), third))) != nil {
      let now = parts.time.uptime()
      guard state.hasNews || now.milliseconds - lastTold.milliseconds >= third.milliseconds else { continue }
      let words = state.words(of: order)
      let event = WorkReport.Event.progress(
        units: words.units, meter.usageSoFar(from: began, to: now), note: words.note)
      do throws(JobError) {
        let reply = try await parts.desk.report(WorkReport(order.attempt, event), from: node.name)
        state.haveTold(words)
        lastTold = now
        third = self.third(until: reply.leaseUntil)
        if reply.stops { return .ended(.stopped) }
      } catch {
        // What could not be said is said again, in time for the lease.
        if error.code != .unavailable { return .superseded }
      }
    }
    return .nothing
  }

  /// A third of the lease: of the one that the node was told when it began, or of the one that the last
  /// answer gave where that is shorter by now. An answer that this clock does not agree with says nothing.
  private func third(until leaseUntil: Timestamp) -> TimeSpan {
    let left = (leaseUntil - parts.time.now()).milliseconds
    let shorter = left > 0 ? min(left, lease.milliseconds) : lease.milliseconds
    return TimeSpan(milliseconds: max(shorter / 3, min(100, max(lease.milliseconds / 3, 1))))
  }

  private func tell(
    _ end: ExecutionEnd, _ state: AttemptProgress, _ meter: AttemptMeter, since began: TimeSpan
  ) async {
    var measured: TimeSpan?
    if case .command(let result, _) = end { measured = result.cpuTime }
    let usage = meter.usage(from: began, to: parts.time.uptime(), measured: measured)
    let event: WorkReport.Event
    switch AttemptOutcome(end, of: order).verdict {
    case .success(let units, let output, let artefacts):
      event = .succeed(units: units, usage, output: output, artefacts: artefacts)
      parts.tell(.ended(order.attempt, node: node.name, what: "succeeded"))
    case .failure(let reason, let isFinal):
      let words = state.words(of: order)
      if state.hasNews {
        // A cancelled job is paid by the units that are known.
        await parts.say(
          WorkReport(order.attempt, .progress(units: words.units, usage, note: words.note)),
          from: node.name)
      }
      event = .fail(reason: reason, usage, isFinal: isFinal)
      parts.tell(.ended(order.attempt, node: node.name, what: reason))
    }
    await parts.say(WorkReport(order.attempt, event), from: node.name)
  }
}
