package import Model

/// What makes the loop look again. Any trigger may be lost: the next resync converges.
package enum Trigger: Sendable {
  /// The manifests were read anew.
  case desired(DesiredState, Authorship)
  /// The manifests could not be read; what was desired before stays desired.
  case unreadable(String)
  /// Something about these may have changed.
  case changed(Set<ResourceID>)
  /// Look at everything.
  case resync
  /// Time has passed: whatever became due is looked at.
  case tick
}

/// The loop: keeps an environment as its newest revision says, for as long as triggers come.
///
/// Level-triggered: it queues identities, never events, and looks at the world anew each time. Several passes run at
/// once, never two on the same resource. Several controllers share an environment: each answers for some key ranges, see
/// `Controller+Leases.swift`.
package struct Controller: Sendable {
  let engine: Engine
  let environment: String
  let keeper: LeaseKeeper

  /// - Parameters:
  ///   - replica: as whom it shares the environment with others; nil for a name of the engine's.
  ///   - isGone: whether another replica's process is known to have ended.
  package init(
    engine: Engine, environment: String, replica: ControllerReplica? = nil,
    isGone: @escaping @Sendable (ControllerReplica) -> Bool = { _ in false }
  ) {
    self.engine = engine
    self.environment = environment
    keeper = LeaseKeeper(
      replica ?? ControllerReplica(name: engine.nextPassName()), in: environment, store: engine.store,
      time: engine.time, isGone: isGone)
  }

  private enum Input: Sendable {
    case trigger(Trigger)
    case triggersEnded
    case leaseStatus(Result<LeaseStatus, StoreError>)
    case news(StateNotification)
    case settled([ResourceID: ResourceFinding], [ResourceID: Executor.Result])
    /// The pass was told of a newer revision and has nothing to do with these any more.
    case released(pass: Int, Set<ResourceID>)
    /// The pass is over; whatever of its scope was not settled is not there.
    case finished(pass: Int, Set<ResourceID>, StoreError?)
  }

  /// Runs until `triggers` end and the passes under way are done.
  /// - Throws: `StoreError` when the first revision cannot be recorded or what is applied cannot be read.
  package func run(
    from desired: DesiredState, by authorship: Authorship,
    triggers: some AsyncSequence<Trigger, Never> & Sendable
  ) async throws(StoreError) {
    var state = try await join(from: desired, by: authorship)
    let (inputs, feed) = AsyncStream<Input>.makeStream()
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await trigger in triggers { feed.yield(.trigger(trigger)) }
        feed.yield(.triggersEnded)
      }
      group.addTask { await keeper.run { feed.yield(.leaseStatus($0)) } }
      group.addTask {
        await engine.store.listen(in: environment, as: keeper.replica) { feed.yield(.news($0)) }
      }
      feed.yield(.trigger(.tick))
      var isEnding = false
      for await input in inputs {
        if case .triggersEnded = input { isEnding = true }
        await take(input, &state)
        engine.tell(
          .round(queued: state.queue.depth, inFlight: state.queue.flightCount, revision: state.revision))
        if isEnding && state.queue.isIdle { break }
        keeper.releaseRanges(state.released, asOf: state.leaseStatus.number)
        guard !isEnding, keeper.isCertain, let (number, due) = state.beginPass(at: engine.time.now()) else {
          continue
        }
        let control = PassControl { feed.yield(.released(pass: number, $0)) }
        state.controls[number] = control
        let pass = ControllerPass(
          engine: engine.bound(to: keeper.fencingTokens, of: keeper), scope: due, desired: state.desired,
          revision: state.revision, leaving: state.leaving, allowances: state.allowances, control: control
        ) { feed.yield(.settled($0, $1)) }
        group.addTask { feed.yield(.finished(pass: number, due, await pass.run())) }
      }
      group.cancelAll()
    }
    await keeper.leave()
  }

  private func take(_ input: Input, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch input {
    case .triggersEnded: break
    case .trigger(let trigger): await take(trigger, &state)
    case .settled(let findings, let results):
      engine.tell(.reconciled(state.settle(findings, results, at: now)))
      await engine.keep(state.driftFlaps.takeEvents(at: now, revision: state.revision), in: environment)
    case .released(let number, let ids): state.release(ids, from: number)
    case .finished(let number, let scope, let error):
      guard let error else { return state.endPass(number, scope, retry: nil) }
      if error.isOutdated { await refused(error, &state) } else { note(error, &state) }
      state.endPass(number, scope, retry: now + TimeSpan(seconds: error.isOutdated ? 0 : 2))
    case .leaseStatus(.success(let leaseStatus)): await take(leaseStatus, &state)
    case .leaseStatus(.failure(let error)): note(error, &state)
    case .news(let news): await take(news, &state)
    }
  }

  private func take(_ trigger: Trigger, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch trigger {
    case .tick:
      yield(&state)
      await adoptNewestRevision(&state)
    case .resync:
      await adoptNewestRevision(&state)
      await readInventory(&state)
      state.enqueueAll(at: now)
    case .changed(let ids):
      for id in ids where state.owns(id) && (state.desired[id] != nil || state.known.contains(id)) {
        state.queue.add(id, at: now)
      }
    case .unreadable(let message):
      engine.note(message, revision: state.revision, reason: "ManifestsUnreadable")
    case .desired(let desired, let authorship):
      guard desired.environment == environment else {
        let message = "the manifests are now those of \(desired.environment); start anew to apply them"
        engine.note(message, revision: state.revision, reason: "OtherEnvironment")
        return
      }
      state.lastRead = (desired, authorship)
      state.unrecorded = desired.digest == state.desired.digest ? nil : (desired, authorship)
      await recordDesired(&state)
    }
  }

  /// Makes manifests that were read a revision, where this replica leads; tried again at each tick until it is recorded.
  func recordDesired(_ state: inout LoopState) async {
    guard let (desired, authorship) = state.unrecorded, state.leads else { return }
    do throws(StoreError) {
      if let quarantine = try await engine.quarantine(of: desired) {
        state.unrecorded = nil
        await engine.tell(quarantine, insteadOf: state.revision, in: environment)
        return
      }
      let store = engine.store.fenced(by: keeper.fencingTokens)
      let revision = try await store.record(desired, by: authorship, at: engine.time.now())
      state.unrecorded = nil
      state.adopt(desired, revision.number, at: engine.time.now())
    } catch {
      if error.isOutdated { keeper.heartbeatNow() } else { note(error, &state) }
    }
  }

  /// Another process may have recorded a newer revision, by `apply` or `rollback`: the newest wins.
  func adoptNewestRevision(_ state: inout LoopState) async {
    await recordDesired(&state)
    do throws(StoreError) {
      let latest = try await engine.store.latestRevision(of: environment)
      state.isStoreFailing = false
      guard let latest else { return }
      if let baseline = try await footingAfterAbandonedApply(latest, &state) {
        state.unrecorded = nil
        await readInventory(&state)
        state.adopt(baseline.desired, baseline.revision, baseline.allowances, at: engine.time.now())
        return
      }
      guard latest.number > state.revision,
        let desired = try await engine.store.desiredState(of: environment, at: latest.number)
      else { return }
      state.unrecorded = nil
      await readInventory(&state)
      state.adopt(desired, latest.number, at: engine.time.now())
    } catch {
      note(error, &state)
    }
  }

  /// Where this replica leads, it looks whether somebody still answers for applying the newest revision as a whole.
  private func footingAfterAbandonedApply(_ latest: Revision, _ state: inout LoopState)
    async throws(StoreError) -> Engine.Baseline?
  {
    guard state.leads, latest.number > state.revision || state.hasPromise else { return nil }
    state.hasPromise = try await engine.store.atomicApply(of: environment) != nil
    guard state.hasPromise else { return nil }
    return try await engine.bound(to: keeper.fencingTokens, of: keeper).rollBackAbandonedApply(in: environment)
  }

  /// What other processes applied or looked at is known from the store only.
  func readInventory(_ state: inout LoopState) async {
    do throws(StoreError) {
      let inventory = try await engine.store.inventory(of: environment, knowing: state.desired.resources)
      state.learn(try await engine.store.strayStatuses(of: environment).union(inventory.keys))
    } catch {
      note(error, &state)
    }
  }

  /// Said once until the store answers again: a tick comes twice a second.
  func note(_ error: StoreError, _ state: inout LoopState) {
    engine.tell(.storeFailed(error))
    guard !state.isStoreFailing else { return }
    state.isStoreFailing = true
    engine.note(error.description, revision: state.revision, reason: "StateUnavailable")
  }
}

extension Engine {
  @Sendable func tell(_ news: LoopEvent) { progress(.loop(news)) }

  func note(_ message: String, revision: Int64, reason: String) {
    progress(
      .note(
        Event(at: time.now(), id: nil, isWarning: true, reason: reason, message: message, revision: revision))
    )
  }
}
