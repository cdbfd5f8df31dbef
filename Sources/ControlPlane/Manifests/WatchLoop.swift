import ContainerSupport
import Manifests
package import Model
import Postgres
package import Reconciling

/// Runs a controller and feeds it with triggers: changes of manifests, events of container engines, and the
/// clock.
package struct WatchLoop: Sendable {
  package let changes: ChangeExecutor
  package let manifests: ManifestSource
  /// The time between two observations of everything.
  package let resync: TimeSpan
  /// How long manifests whose removals destroy data must stay the same.
  private let quietPeriod: TimeSpan
  let settling = SettlingState()
  /// This process among the controllers of the environment. Its role is the command, for the record.
  package let replica: ControllerReplica
  private let containers: ContainerWatch
  private let supervisor: ServerSupervisor

  private var engine: Engine { changes.engine }
  private var time: TimeSource { changes.engine.time }
  private var reporter: any Reporter { changes.reporter }

  package init(
    _ state: StateSession, _ manifests: ManifestSource, resync: TimeSpan, quietPeriod: TimeSpan,
    replica: ControllerReplica
  ) {
    changes = state.changes
    self.quietPeriod = quietPeriod
    self.manifests = manifests
    self.resync = resync
    self.replica = replica
    supervisor = state.foundations.supervisor
    containers = ContainerWatch(engines: state.foundations.workloads.engines, owner: state.owner)
  }

  private enum End: Sendable {
    case controller(Result<Void, StoreError>)
    case helper
    case drainLimit
  }

  /// Runs the controller until `triggers` end and its steps have ended.
  /// - Parameters:
  ///   - drainLimit: the time for running steps after the request to stop. Later steps are cancelled and
  ///     journalled as interrupted. Nil: unlimited.
  ///   - helpers: run as long as the controller does.
  package func follow(
    _ desired: DesiredState, _ triggers: AsyncStream<Trigger>, _ feed: AsyncStream<Trigger>.Continuation,
    drainLimit: TimeSpan? = nil, beside helpers: [@Sendable () async -> Void]
  ) async -> Result<Void, StoreError> {
    let sources: [@Sendable () async -> Void] = [
      { await watchManifests(feed) }, { await watchEngines(feed) }, { await tick(feed) },
    ]
    return await withTaskGroup(of: End.self) { group in
      group.addTask { .controller(await control(desired, triggers)) }
      for helper in sources + helpers {
        group.addTask {
          await helper()
          return .helper
        }
      }
      if let drainLimit {
        group.addTask { await hasExceededDrain(limit: drainLimit) ? .drainLimit : .helper }
      }
      var result: Result<Void, StoreError> = .success(())
      for await end in group {
        switch end {
        case .helper: break
        case .controller(let ending):
          result = ending
          group.cancelAll()
        case .drainLimit:
          reporter.warn("running steps exceeded the drain time and are cancelled")
          group.cancelAll()
        }
      }
      return result
    }
  }

  private func control(_ desired: DesiredState, _ triggers: AsyncStream<Trigger>) async
    -> Result<Void, StoreError>
  {
    let controller = Controller(
      engine: engine.reporting(to: settling.observing(reporter.handler)), environment: desired.environment,
      quietPeriod: quietPeriod, replica: replica, isGone: ProcessIdentity.isGone)
    do throws(StoreError) {
      try await controller.run(from: desired, by: .local(replica.role, manifests.paths), triggers: triggers)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// True once the limit has passed since the request to stop; false if the task is cancelled first.
  private func hasExceededDrain(limit: TimeSpan) async -> Bool {
    while !engine.gracefulStop.isRequested {
      guard (try? await time.sleep(TimeSpan(milliseconds: 100))) != nil else { return false }
    }
    return (try? await time.sleep(limit)) != nil
  }

  private func watchManifests(_ feed: AsyncStream<Trigger>.Continuation) async {
    var manifests = manifests
    let signals = FolderSignals()
    var hasSignals = signals?.watch(manifests.watch.folders) ?? false
    var pause = ManifestWatch.interval(hasSignals: hasSignals)
    while true {
      let isQuiet = await FolderSignals.waitForQuiet(signals, within: pause, time)
      guard !Task.isCancelled else { return }
      let begun = time.now()
      switch manifests.watch.poll(at: begun, isQuiet: isQuiet) {
      case .none:
        // Polling takes at most a twentieth of the time, however many files there are.
        let cost = TimeSpan(milliseconds: (time.now() - begun).milliseconds * 20)
        pause = max(ManifestWatch.interval(hasSignals: hasSignals), cost)
      case .unstable: pause = ManifestWatch.stablePeriod
      case .stable(let fingerprint):
        hasSignals = signals?.watch(manifests.watch.folders) ?? false
        let trigger = manifests.trigger(as: replica.role, reporter)
        pause = ManifestWatch.stablePeriod
        guard manifests.watch.accept(fingerprint) else { continue }
        feed.yield(trigger)
      }
    }
  }

  /// Reports resources whose containers changed, and engines that answer again.
  private func watchEngines(_ feed: AsyncStream<Trigger>.Continuation) async {
    await containers.run { event in
      switch event {
      case .changed(let id): feed.yield(.changed([id]))
      case .missed: feed.yield(.resync)
      }
    }
  }

  /// Yields the clock's triggers, and a resync when the private server is back: what failed meanwhile does
  /// not wait for its next attempt.
  private func tick(_ feed: AsyncStream<Trigger>.Continuation) async {
    var nextResync = time.now() + resync
    var restartCount = supervisor.state.restartCount
    while (try? await time.sleep(TimeSpan(milliseconds: 500))) != nil {
      let count = supervisor.state.restartCount
      if time.now() >= nextResync || count != restartCount {
        restartCount = count
        feed.yield(.resync)
        nextResync = time.now() + resync
      } else {
        feed.yield(.tick)
      }
    }
  }
}
