package import Model

/// What makes the loop check resources. Any trigger may be lost: the next resync converges.
package enum Trigger: Sendable {
  /// The manifests were read again.
  case desired(DesiredState, Authorship)
  /// The manifests could not be read. The desired state stays as it was.
  case unreadable(String)
  /// These resources may have changed.
  case changed(Set<ResourceID>)
  /// Check everything.
  case resync
  /// Time has passed: check what became due.
  case tick
}

/// The loop. Keeps an environment as its newest revision declares, for as long as there are triggers.
///
/// Level-triggered: queues ids, never events, and observes the resources each time. Several passes run at the
/// same time, never two on the same resource. Several controllers share an environment, each with some key
/// ranges; see `Controller+Leases.swift`.
package struct Controller: Sendable {
  let engine: Engine
  let environment: String
  let keeper: LeaseKeeper
  let quietPeriod: TimeSpan

  /// - Parameters:
  ///   - quietPeriod: How long a resource must stay absent before it is removed, if that destroys data;
  ///     see `QuietPeriod`.
  ///   - replica: The identity of this process among the replicas; nil to create one.
  ///   - isGone: Whether the process of another replica is known to have ended.
  package init(
    engine: Engine, environment: String, quietPeriod: TimeSpan, replica: ControllerReplica? = nil,
    isGone: @escaping @Sendable (ControllerReplica) -> Bool = { _ in false }
  ) {
    self.engine = engine
    self.environment = environment
    self.quietPeriod = quietPeriod
    keeper = LeaseKeeper(
      replica ?? ControllerReplica(name: engine.nextPassName()), in: environment, store: engine.store,
      time: engine.time, isGone: isGone)
  }

  private enum Input: Sendable {
    case trigger(Trigger)
    case triggersEnded
    case leaseStatus(Result<LeaseStatus, StoreError>)
    case notification(StateNotification)
    case settled([ResourceID: ResourceFinding], [ResourceID: Executor.Result])
    /// The pass is outdated and has released these resources.
    case released(pass: Int, Set<ResourceID>)
    /// The pass is over. Resources of its scope that it did not settle do not exist.
    case finished(pass: Int, Set<ResourceID>, StoreError?)
  }

  /// Runs until `triggers` end and the running passes are done.
  /// - Throws: When the first revision cannot be recorded or the inventory cannot be read.
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
        await engine.store.listen(in: environment, as: keeper.replica) { feed.yield(.notification($0)) }
      }
      feed.yield(.trigger(.tick))
      var isEnding = false
      for await input in inputs {
        if case .triggersEnded = input { isEnding = true }
        await process(input, &state)
        engine.report(
          .round(queued: state.queue.depth, inFlight: state.queue.flightCount, revision: state.revision))
        if isEnding && state.queue.isIdle { break }
        keeper.releaseRanges(state.releasableRanges, asOf: state.leaseStatus.number)
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
    await cancelRemovals("\(keeper.replica) ended", &state)
    await keeper.leave()
  }

  private func process(_ input: Input, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch input {
    case .triggersEnded: break
    case .trigger(let trigger): await process(trigger, &state)
    case .settled(let findings, let results):
      engine.report(.reconciled(state.settle(findings, results, at: now)))
      await engine.record(state.driftFlaps.takeEvents(at: now, revision: state.revision), in: environment)
    case .released(let number, let ids): state.release(ids, from: number)
    case .finished(let number, let scope, let error):
      guard let error else { return state.endPass(number, scope, retry: nil) }
      if error.isOutdated { await processRejection(error, &state) } else { note(error, &state) }
      state.endPass(number, scope, retry: now + TimeSpan(seconds: error.isOutdated ? 0 : 2))
    case .leaseStatus(.success(let status)): await process(status, &state)
    case .leaseStatus(.failure(let error)): note(error, &state)
    case .notification(let notification): await process(notification, &state)
    }
  }

  private func process(_ trigger: Trigger, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch trigger {
    case .tick:
      yieldToExclusive(&state)
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
      engine.reportWarning(.manifestsUnreadable, message, revision: state.revision)
      await abandonRemovals("the manifests cannot be read", &state)
    case .desired(let desired, let authorship):
      guard desired.environment == environment else {
        let message = "the manifests are now those of \(desired.environment); restart to apply them"
        engine.reportWarning(.otherEnvironment, message, revision: state.revision)
        await abandonRemovals("the manifests are those of another environment", &state)
        return
      }
      state.lastRead = (desired, authorship)
      let isRecorded = desired.digest == state.desired.digest && !state.isInterim
      state.unrecorded = isRecorded ? nil : (desired, authorship)
      if state.unrecorded == nil { await keepRemoved(&state) }
      await recordDesired(&state)
    }
  }

  /// Adopts the newest revision, which another process may have recorded by `apply` or `rollback`.
  func adoptNewestRevision(_ state: inout LoopState) async {
    await recordDesired(&state)
    do throws(StoreError) {
      let latest = try await engine.store.latestRevision(of: environment)
      state.isStoreFailing = false
      guard let latest else { return }
      if let baseline = try await baselineAfterAbandonedApply(latest, &state) {
        state.unrecorded = nil
        await cancelRemovals("revision \(baseline.revision) rolls back", &state)
        await readInventory(&state)
        state.isInterim = false
        state.adopt(baseline.desired, baseline.revision, baseline.allowances, at: engine.time.now())
        return
      }
      guard latest.number > state.revision,
        let desired = try await engine.store.desiredState(of: environment, at: latest.number)
      else { return }
      state.unrecorded = nil
      await cancelRemovals("\(latest.actor) recorded revision \(latest.number)", &state)
      await readInventory(&state)
      state.isInterim = latest.interimFor != nil
      state.adopt(desired, latest.number, at: engine.time.now())
    } catch {
      note(error, &state)
    }
  }

  /// Where this replica leads, rolls back an atomic apply of the newest revision whose process has ended.
  private func baselineAfterAbandonedApply(_ latest: Revision, _ state: inout LoopState)
    async throws(StoreError) -> Engine.Baseline?
  {
    guard state.leads, latest.number > state.revision || state.mayHaveAtomicApply else { return nil }
    state.mayHaveAtomicApply = try await engine.store.atomicApply(of: environment) != nil
    guard state.mayHaveAtomicApply else { return nil }
    return try await engine.bound(to: keeper.fencingTokens, of: keeper).rollBackAbandonedApply(
      in: environment)
  }

  /// Reads which resources other processes applied or observed.
  func readInventory(_ state: inout LoopState) async {
    do throws(StoreError) {
      let inventory = try await engine.store.inventory(of: environment, knowing: state.desired.resources)
      state.learn(try await engine.store.strayStatuses(of: environment).union(inventory.keys))
    } catch {
      note(error, &state)
    }
  }

  /// Reports an error of the store, as an event only once until the store answers again: there are two ticks
  /// a second.
  func note(_ error: StoreError, _ state: inout LoopState) {
    engine.report(.storeFailed(error))
    guard !state.isStoreFailing else { return }
    state.isStoreFailing = true
    engine.reportWarning(.stateUnavailable, error.description, revision: state.revision)
  }
}
