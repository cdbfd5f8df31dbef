internal import Concurrency
internal import ContainerSupport
internal import JobModel
internal import Model
internal import Reconciling

/// The worker of one node, until the node is no longer wanted or the task is cancelled.
struct NodeWorker: Sendable {
  let name: String
  let parts: DirectRunner.Parts
  let roster: NodeRoster
  private let running = RunningAttempts()

  /// How long one request for work waits.
  private static let patience = Duration.seconds(20)
  private static let pause = TimeSpan(seconds: 1)
  private static let longPause = TimeSpan(seconds: 5)
  /// How often it is looked what is on the node.
  private static let lookPause = TimeSpan(seconds: 3)

  init(name: String, parts: DirectRunner.Parts, roster: NodeRoster) {
    self.name = name
    self.parts = parts
    self.roster = roster
  }

  func run() async {
    guard let terms = await registered() else { return }
    await withDiscardingTaskGroup { group in
      group.addTask { await beat(terms) }
      await takeWork(terms)
      group.cancelAll()
    }
  }

  private var isServing: Bool { !Task.isCancelled && roster.wanted(name) != nil }

  /// Registers as soon as its engine answers; nil: it is not wanted any more.
  private func registered() async -> WorkTerms? {
    var hasTold = false
    while isServing, let node = roster.wanted(name) {
      switch await parts.look(at: node) {
      case .success(let look):
        if let terms = await register(look.heartbeat(of: node, running: 0)) {
          parts.tell(.online(node: name))
          return terms
        }
      case .failure(let error):
        if !hasTold { parts.tell(.offline(node: name, reason: error.message)) }
        hasTold = true
      }
      try? await parts.time.sleep(Self.longPause)
    }
    return nil
  }

  /// Nil where the scheduler cannot be asked, or does not know the node yet. Attempts that an earlier run had
  /// accepted are given up.
  private func register(_ heartbeat: WorkerHeartbeat) async -> WorkTerms? {
    let terms: WorkTerms
    do throws(JobError) {
      terms = try await parts.desk.register(heartbeat)
    } catch {
      return nil
    }
    let own = running.ids
    for attempt in terms.accepted where !own.contains(attempt) {
      let event = WorkReport.Event.fail(
        reason: "the runner was started anew", WorkUsage(), isFinal: false)
      await parts.say(WorkReport(attempt, event), from: name)
    }
    return terms
  }

  /// Says again and again that the node is there, while its engine answers: as often as is asked for, at once
  /// where other images are there than before, and with every look while attempts run, because the answer
  /// tells which are to stop.
  private func beat(_ terms: WorkTerms) async {
    var images: [String]?
    var lastHeard = parts.time.uptime()
    while !Task.isCancelled {
      try? await parts.time.sleep(min(terms.heartbeatEvery, Self.lookPause))
      guard !Task.isCancelled, let node = roster.wanted(name) else { continue }
      switch await parts.look(at: node) {
      case .success(let look):
        if running.isAway { parts.tell(.online(node: name)) }
        let silence = parts.time.uptime().milliseconds - lastHeard.milliseconds
        let isDue = silence + Self.lookPause.milliseconds > terms.heartbeatEvery.milliseconds
        let hasNews = look.images != images || running.isAway || running.count > 0
        running.isAway = false
        guard isDue || hasNews else { continue }
        if await heartbeat(look.heartbeat(of: node, running: running.count)) {
          images = look.images
          lastHeard = parts.time.uptime()
        }
      case .failure(let error):
        if !running.isAway, !Task.isCancelled {
          parts.tell(.offline(node: name, reason: error.message))
        }
        running.isAway = true
      }
    }
  }

  /// Whether it was heard. Attempts that are to stop do.
  private func heartbeat(_ heartbeat: WorkerHeartbeat) async -> Bool {
    do throws(JobError) {
      for attempt in try await parts.desk.heartbeat(heartbeat) { running.stop(attempt) }
      return true
    } catch {
      guard error.code == .unknownNode else { return false }
      return await register(heartbeat) != nil
    }
  }

  /// Takes as much as there are free slots, and returns when everything that was taken has ended.
  private func takeWork(_ terms: WorkTerms) async {
    var ends = running.ended.makeAsyncIterator()
    await withDiscardingTaskGroup { group in
      while isServing, let node = roster.wanted(name) {
        let free = node.slots - running.count
        if running.isAway {
          try? await parts.time.sleep(Self.pause)
        } else if free <= 0 {
          _ = await ends.next()
        } else {
          for order in await work(most: free).prefix(free) {
            guard let (signs, leaseUntil) = await begin(order) else {
              // It comes again, and not at once.
              try? await parts.time.sleep(Self.pause)
              continue
            }
            group.addTask {
              await AttemptRun(
                order, on: node, parts: parts, running: running, stopSigns: signs, lease: terms.lease,
                leaseUntil: leaseUntil
              ).run()
              running.end(order.attempt)
            }
          }
        }
      }
    }
  }

  private func work(most: Int) async -> [WorkOrder] {
    do throws(JobError) {
      return try await parts.desk.work(for: name, limit: most, timeout: Self.patience)
    } catch {
      try? await parts.time.sleep(Self.pause)
      return []
    }
  }

  /// Where signs come that it is to stop, and until when it may be silent; nil: it runs already, or is not
  /// this node's any more.
  private func begin(_ order: WorkOrder) async -> (AsyncStream<Void>, Timestamp)? {
    guard let signs = running.begin(order.attempt) else { return nil }
    do throws(JobError) {
      let reply = try await parts.desk.report(WorkReport(order.attempt, .accept), from: name)
      if reply.stops { running.stop(order.attempt) }
      return (signs, reply.leaseUntil)
    } catch {
      running.end(order.attempt)
      return nil
    }
  }
}

extension DirectRunner.Parts {
  private static let pauses = [200, 500, 1000, 2000, 4000, 8000].map { TimeSpan(milliseconds: $0) }

  /// Says how an attempt ended, again where the scheduler cannot be asked, and once also in a task that was
  /// cancelled. What is never heard ends with the attempt's lease.
  func say(_ report: WorkReport, from node: String) async {
    for pause in [TimeSpan(milliseconds: 0)] + Self.pauses {
      if pause.milliseconds > 0, (try? await time.sleep(pause)) == nil { return }
      let result = await UncancellableTask.run { [desk] in
        await DirectRunner.Parts.attempt(report, from: node, at: desk)
      }
      guard case .failure(let error) = result, error.code == .unavailable else { return }
    }
  }

  /// A function of its own: a typed `do` inside a task's closure is miscompiled (Swift 6.3).
  private static func attempt(
    _ report: WorkReport, from node: String, at desk: any WorkerAPI
  ) async -> Result<Void, JobError> {
    do throws(JobError) {
      _ = try await desk.report(report, from: node)
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}
