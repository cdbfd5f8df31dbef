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
    case finished(Set<ResourceID>, Result<PassReport, StoreError>)
  }

  private struct State {
    var desired: DesiredState
    var revision: Int64
    var queue = WorkQueue()
    /// Known from finished passes; a resource that is missing was never settled.
    var unsettled: Set<ResourceID> = []
    var known: Set<ResourceID> = []
    var isEnding = false
  }

  /// Runs until `triggers` end and the passes under way are done.
  /// - Throws: `StoreError` when the first revision cannot be recorded or what is applied cannot be read.
  package func run(
    from desired: DesiredState, by authorship: Authorship,
    triggers: some AsyncSequence<Trigger, Never> & Sendable
  ) async throws(StoreError) {
    _ = try await engine.store.closeOpenIntents(in: environment, at: engine.time.now())
    let revision = try await engine.store.record(desired, by: authorship, at: engine.time.now())
    let inventory = try await engine.store.inventory(of: environment, knowing: desired.resources)
    var state = State(desired: desired, revision: revision.number)
    state.known = Set(inventory.keys)
    enqueueAll(&state)

    let (inputs, feed) = AsyncStream<Input>.makeStream()
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await trigger in triggers { feed.yield(.trigger(trigger)) }
        feed.yield(.triggersEnded)
      }
      feed.yield(.trigger(.tick))
      for await input in inputs {
        await take(input, &state)
        if state.isEnding && state.queue.isIdle { break }
        let due = state.isEnding ? [] : state.queue.take(now: engine.time.now())
        guard !due.isEmpty else { continue }
        let (desired, revision) = (state.desired, state.revision)
        group.addTask {
          feed.yield(.finished(due, await pass(over: due, desired: desired, revision: revision)))
        }
      }
      group.cancelAll()
    }
  }

  private func pass(over scope: Set<ResourceID>, desired: DesiredState, revision: Int64) async
    -> Result<PassReport, StoreError>
  {
    do throws(StoreError) {
      let preparation = try await engine.prepare(desired, revision: revision, scope: scope)
      return .success(try await engine.perform(preparation))
    } catch {
      return .failure(error)
    }
  }

  private func take(_ input: Input, _ state: inout State) async {
    switch input {
    case .triggersEnded: state.isEnding = true
    case .trigger(let trigger): await take(trigger, &state)
    case .finished(let keys, .failure(let error)):
      engine.note(error.description, revision: state.revision, reason: "StateUnavailable")
      let retry = engine.time.now() + TimeSpan(seconds: 2)
      for id in keys { state.queue.finish(id, retry: retry) }
    case .finished(let keys, .success(let report)): settle(keys, report, &state)
    }
  }

  private func take(_ trigger: Trigger, _ state: inout State) async {
    let now = engine.time.now()
    switch trigger {
    case .tick: await adoptNewestRevision(&state)
    case .resync:
      await adoptNewestRevision(&state)
      enqueueAll(&state)
    case .changed(let ids):
      for id in ids where state.desired[id] != nil || state.known.contains(id) {
        state.queue.add(id, at: now)
      }
    case .unreadable(let message):
      engine.note(message, revision: state.revision, reason: "ManifestsUnreadable")
    case .desired(let desired, let authorship):
      guard desired.digest != state.desired.digest else { return }
      do throws(StoreError) {
        let revision = try await engine.store.record(desired, by: authorship, at: now)
        adopt(desired, revision.number, &state)
      } catch {
        engine.note(error.description, revision: state.revision, reason: "StateUnavailable")
      }
    }
  }

  /// Another process may have recorded a newer revision, by `apply` or `rollback`: the newest wins.
  private func adoptNewestRevision(_ state: inout State) async {
    do throws(StoreError) {
      guard let latest = try await engine.store.latestRevision(of: environment),
        latest.number > state.revision,
        let desired = try await engine.store.desiredState(of: environment, at: latest.number)
      else { return }
      adopt(desired, latest.number, &state)
    } catch {
      engine.note(error.description, revision: state.revision, reason: "StateUnavailable")
    }
  }

  private func adopt(_ desired: DesiredState, _ revision: Int64, _ state: inout State) {
    state.known.formUnion(state.desired.resources.map(\.id))
    state.desired = desired
    state.revision = revision
    enqueueAll(&state)
  }

  private func enqueueAll(_ state: inout State) {
    let now = engine.time.now()
    for resource in state.desired.resources { state.queue.add(resource.id, at: now) }
    for id in state.known { state.queue.add(id, at: now) }
  }

  private func settle(_ keys: Set<ResourceID>, _ report: PassReport, _ state: inout State) {
    var becameReady: Set<ResourceID> = []
    for id in keys {
      guard let finding = report.findings[id] else {
        state.known.remove(id)
        state.queue.finish(id, retry: nil)
        continue
      }
      if finding.isRemoved {
        state.known.remove(id)
        becameReady.insert(id)
      } else {
        state.known.insert(id)
      }
      if finding.status.isReady {
        if state.unsettled.remove(id) != nil || report.results[id] == .done { becameReady.insert(id) }
      } else {
        state.unsettled.insert(id)
      }
      state.queue.finish(id, retry: finding.status.nextAttempt)
    }
    wakeDependents(of: becameReady, &state)
  }

  /// Whatever is not settled and refers to one of these, or waits for its removal, is looked at again at once.
  private func wakeDependents(of ids: Set<ResourceID>, _ state: inout State) {
    guard !ids.isEmpty else { return }
    let now = engine.time.now()
    for id in state.unsettled {
      guard let resource = state.desired[id] else {
        state.queue.add(id, at: now)
        continue
      }
      if resource.references.contains(where: { ids.contains($0.target) }) { state.queue.add(id, at: now) }
    }
  }
}

extension Engine {
  func note(_ message: String, revision: Int64, reason: String) {
    progress(
      .note(
        Event(at: time.now(), id: nil, isWarning: true, reason: reason, message: message, revision: revision))
    )
  }
}
