import ContainerSupport
import Model
import Planning
import Reconciling
import Synchronization

/// The loop of `up` with triggers from the manifests, the engines' events and the clock.
struct LoopProgram: Sendable {
  let world: World
  let process: SimulatedProcess

  func run() async {
    let platform = SimulatedPlatform(world, process)
    let engine = platform.engine { Program.record($0, world, process) }
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    process.stop.withLock { $0 = { feed.finish() } }
    let first = world.manifests.withLock { $0 }
    let controller = Controller(
      engine: engine, environment: World.environment, quietPeriod: TimeSpan(seconds: 0),
      replica: process.replica(isExclusive: false),
      isGone: { world.isGone($0) })
    world.trace.record(process.name, "starts")
    let outcome = await withTaskGroup(of: Void.self) { group in
      group.addTask { await watchManifests(from: first, feed) }
      group.addTask { await watchEngines(platform, feed) }
      group.addTask { await tick(feed) }
      let outcome = await run(controller, from: first, triggers)
      group.cancelAll()
      return outcome
    }
    world.trace.record(process.name, outcome.map { "ends: \($0)" } ?? "ends")
  }

  private func run(_ controller: Controller, from desired: DesiredState, _ triggers: AsyncStream<Trigger>)
    async
    -> StoreError?
  {
    do throws(StoreError) {
      try await controller.run(from: desired, by: Program.authorship("up"), triggers: triggers)
      return nil
    } catch {
      return error
    }
  }

  private func watchManifests(from first: DesiredState, _ feed: AsyncStream<Trigger>.Continuation) async {
    var last = first.digest
    while (try? await world.time.sleep(1_000_000)) != nil {
      let desired = world.manifests.withLock { $0 }
      guard desired.digest != last else { continue }
      last = desired.digest
      world.trace.record(process.name, "reads new manifests")
      feed.yield(.desired(desired, Program.authorship("up")))
    }
  }

  private func watchEngines(_ platform: SimulatedPlatform, _ feed: AsyncStream<Trigger>.Continuation) async {
    let watch = ContainerWatch(engines: platform.engines, owner: World.owner, clock: world.time.clock)
    await watch.run { event in
      switch event {
      case .changed(let id): feed.yield(.changed([id]))
      case .missed: feed.yield(.resync)
      }
    }
  }

  private func tick(_ feed: AsyncStream<Trigger>.Continuation) async {
    var untilResync = World.resyncTicks
    while (try? await world.time.sleep(500_000)) != nil {
      untilResync -= 1
      if untilResync <= 0 {
        untilResync = World.resyncTicks
        feed.yield(.resync)
      } else {
        feed.yield(.tick)
      }
    }
  }
}

/// The command `apply`, or `rollback` to a revision.
struct ApplyProgram: Sendable {
  let world: World
  let process: SimulatedProcess
  /// Nil applies the current manifests.
  var revision: Int64?
  var allowances = Allowances()

  func run() async {
    let platform = SimulatedPlatform(world, process)
    let engine = platform.engine { Program.record($0, world, process) }
    world.trace.record(process.name, "starts")
    let keeper = LeaseKeeper(
      process.replica(isExclusive: true), in: World.environment, store: engine.store, time: engine.time,
      isGone: { world.isGone($0) })
    let error = await withTaskGroup(of: StoreError?.self) { group -> StoreError? in
      if case .failure(let error) = await keeper.acquireAll(onWait: { _ in }) { return error }
      group.addTask {
        await keeper.run { _ in }
        return nil
      }
      defer { group.cancelAll() }
      return await change(engine.bound(to: keeper.fencingTokens, of: keeper))
    }
    await keeper.leave()
    let end = error.map { "ends: \($0)" } ?? "ends"
    world.trace.record(process.name, end)
  }

  private func change(_ engine: Engine) async -> StoreError? {
    do throws(StoreError) {
      var desired = world.manifests.withLock { $0 }
      if let revision {
        guard let earlier = try await engine.store.desiredState(of: World.environment, at: revision) else {
          return nil
        }
        desired = earlier
      }
      let preparation = try await engine.prepare(desired, allowances: allowances)
      let message = revision.map { "rollback to \($0)" } ?? "apply"
      _ = try await engine.converge(
        preparation, by: Program.authorship(message), allowances: allowances)
      return nil
    } catch {
      return error
    }
  }
}

enum Program {
  static func authorship(_ message: String) -> Authorship {
    Authorship(actor: "ada", commit: nil, message: message)
  }

  /// Records the progress that a terminal would show, and checks it for secrets.
  static func record(_ progress: Progress, _ world: World, _ process: SimulatedProcess) {
    func check(_ text: String) {
      if world.containsSecret(text) { world.invariants.violate("progress contains a secret: \(progress)") }
    }
    switch progress {
    case .planned(let plan):
      for resource in plan.resources where resource.outcome != .unchanged {
        let steps = resource.steps.map { "\($0.summary) (\($0.reason))" }.joined(separator: "; ")
        world.trace.record(
          process.name,
          "plans \(resource.id) \(resource.outcome.rawValue) \(steps)\(resource.waitingOn ?? "")")
        check(steps + (resource.waitingOn ?? ""))
        for step in resource.steps {
          check("\(step.operation) \(step.fields)")
        }
      }
    case .finished(let id, _, _, let error):
      if let error {
        world.trace.record(process.name, "\(id) failed: \(error)")
        check("\(error)")
      }
    case .note(let event): check(event.message)
    case .settled(let statuses):
      for status in statuses { for condition in status.conditions { check(condition.message) } }
    case .started, .observing, .loop: break
    }
  }
}

extension World {
  /// The number of ticks of half a second between two resyncs.
  static let resyncTicks = 240
}
