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
/// once, never two on the same resource.
package struct Controller: Sendable {
  private let engine: Engine
  private let environment: String

  package init(engine: Engine, environment: String) {
    self.engine = engine
    self.environment = environment
  }

  private enum Input: Sendable {
    case trigger(Trigger)
    case triggersEnded
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
    _ = try await engine.store.closeOpenIntents(in: environment, at: engine.time.now())
    let footing = try await engine.footing(for: desired, by: authorship)
    let inventory = try await engine.store.inventory(of: environment, knowing: footing.desired.resources)
    var state = LoopState(footing.desired, revision: footing.revision, inventory: inventory.keys)
    state.allowances = footing.allowances
    state.enqueueAll(at: engine.time.now())

    let (inputs, feed) = AsyncStream<Input>.makeStream()
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await trigger in triggers { feed.yield(.trigger(trigger)) }
        feed.yield(.triggersEnded)
      }
      feed.yield(.trigger(.tick))
      var isEnding = false
      for await input in inputs {
        if case .triggersEnded = input { isEnding = true }
        await take(input, &state)
        engine.tell(
          .round(queued: state.queue.depth, inFlight: state.queue.flightCount, revision: state.revision))
        if isEnding && state.queue.isIdle { break }
        guard !isEnding, let (number, due) = state.beginPass(at: engine.time.now()) else { continue }
        let (desired, revision, leaving) = (state.desired, state.revision, state.leaving)
        let allowances = state.allowances
        let control = PassControl { feed.yield(.released(pass: number, $0)) }
        state.controls[number] = control
        group.addTask {
          let failure = await pass(over: due, desired, revision, leaving, allowances, control) {
            feed.yield(.settled($0, $1))
          }
          feed.yield(.finished(pass: number, due, failure))
        }
      }
      group.cancelAll()
    }
  }

  /// Ends early when a newer revision leaves it nothing to do.
  private func pass(
    over scope: Set<ResourceID>, _ desired: DesiredState, _ revision: Int64, _ leaving: Set<ResourceID>,
    _ allowances: Allowances, _ control: PassControl, settled: @escaping Engine.SettledHandler
  ) async -> StoreError? {
    await withTaskGroup(of: StoreError??.self) { group in
      group.addTask {
        .some(await work(on: scope, desired, revision, leaving, allowances, control, settled: settled))
      }
      group.addTask {
        await control.abandonment()
        return nil
      }
      for await end in group {
        group.cancelAll()
        if let end { return control.isAbandoned ? nil : end }
      }
      return nil
    }
  }

  private func work(
    on scope: Set<ResourceID>, _ desired: DesiredState, _ revision: Int64, _ leaving: Set<ResourceID>,
    _ allowances: Allowances, _ control: PassControl, settled: @escaping Engine.SettledHandler
  ) async -> StoreError? {
    do throws(StoreError) {
      try await engine.prepareInTurns(
        desired, revision: revision, scope: scope, leaving: leaving, allowances: allowances
      ) { turn in
        await perform(turn, allowances, control, settled: settled)
      }
      return nil
    } catch {
      return error
    }
  }

  private func perform(
    _ turn: Engine.Preparation, _ allowances: Allowances, _ control: PassControl,
    settled: @escaping Engine.SettledHandler
  ) async -> StoreError? {
    guard !control.isAbandoned else { return nil }
    do throws(StoreError) {
      _ = try await engine.perform(turn, allowances: allowances, control: control, settled: settled)
      return nil
    } catch {
      return error
    }
  }

  private func take(_ input: Input, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch input {
    case .triggersEnded: break
    case .trigger(let trigger): await take(trigger, &state)
    case .settled(let findings, let results):
      engine.tell(.reconciled(state.settle(findings, results, at: now)))
    case .released(let number, let ids): state.release(ids, from: number)
    case .finished(let number, let scope, let error):
      guard let error else { return state.endPass(number, scope, retry: nil) }
      if error.isSuperseded { await adoptNewestRevision(&state) } else { note(error, &state) }
      state.endPass(number, scope, retry: now + TimeSpan(seconds: error.isSuperseded ? 0 : 2))
    }
  }

  private func take(_ trigger: Trigger, _ state: inout LoopState) async {
    let now = engine.time.now()
    switch trigger {
    case .tick: await adoptNewestRevision(&state)
    case .resync:
      await adoptNewestRevision(&state)
      await readInventory(&state)
      state.enqueueAll(at: now)
    case .changed(let ids):
      for id in ids where state.desired[id] != nil || state.known.contains(id) {
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
      state.unrecorded = desired.digest == state.desired.digest ? nil : (desired, authorship)
      await recordDesired(&state)
    }
  }

  /// Makes manifests that were read a revision; tried again at each tick until it is recorded.
  private func recordDesired(_ state: inout LoopState) async {
    guard let (desired, authorship) = state.unrecorded else { return }
    do throws(StoreError) {
      if let quarantine = try await engine.quarantine(of: desired) {
        state.unrecorded = nil
        await engine.tell(quarantine, insteadOf: state.revision, in: environment)
        return
      }
      let revision = try await engine.store.record(desired, by: authorship, at: engine.time.now())
      state.unrecorded = nil
      state.adopt(desired, revision.number, at: engine.time.now())
    } catch {
      note(error, &state)
    }
  }

  /// Another process may have recorded a newer revision, by `apply` or `rollback`: the newest wins.
  private func adoptNewestRevision(_ state: inout LoopState) async {
    await recordDesired(&state)
    do throws(StoreError) {
      let latest = try await engine.store.latestRevision(of: environment)
      state.isStoreFailing = false
      guard let latest else { return }
      if latest.number > state.revision || state.hasPromise {
        state.hasPromise = try await engine.store.atomicApply(of: environment) != nil
        if state.hasPromise, let footing = try await engine.leaveAbandonedApply(in: environment) {
          await readInventory(&state)
          state.adopt(footing.desired, footing.revision, footing.allowances, at: engine.time.now())
          return
        }
      }
      guard latest.number > state.revision,
        let desired = try await engine.store.desiredState(of: environment, at: latest.number)
      else { return }
      await readInventory(&state)
      state.adopt(desired, latest.number, at: engine.time.now())
    } catch {
      note(error, &state)
    }
  }

  /// What other processes applied is known from the inventory only.
  private func readInventory(_ state: inout LoopState) async {
    do throws(StoreError) {
      let inventory = try await engine.store.inventory(of: environment, knowing: state.desired.resources)
      state.learn(inventory.keys)
    } catch {
      note(error, &state)
    }
  }

  /// Said once until the store answers again: a tick comes twice a second.
  private func note(_ error: StoreError, _ state: inout LoopState) {
    engine.tell(.storeFailed(error))
    guard !state.isStoreFailing else { return }
    state.isStoreFailing = true
    engine.note(error.description, revision: state.revision, reason: "StateUnavailable")
  }
}

extension Engine {
  @Sendable func tell(_ news: LoopNews) { progress(.loop(news)) }

  func note(_ message: String, revision: Int64, reason: String) {
    progress(
      .note(
        Event(at: time.now(), id: nil, isWarning: true, reason: reason, message: message, revision: revision))
    )
  }
}
