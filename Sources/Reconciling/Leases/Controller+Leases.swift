internal import Model

/// How a controller shares an environment with others.
///
/// It works on the key ranges whose leases it holds. The holder of the first range leads and records
/// manifests as revisions. The others keep the manifests that they read until they lead, unless there is a
/// newer revision first. A pass writes with the tokens that were held when it began: the writes of a
/// controller that was stopped for too long are rejected, and it starts nothing. A controller that takes a
/// range over marks the steps as interrupted whose outcome the former holder did not record.
extension Controller {
  /// Joins the replicas and reads what must be known before the first pass.
  func join(from desired: DesiredState, by authorship: Authorship) async throws(StoreError) -> LoopState {
    let status = try await keeper.heartbeat().get()
    if status.tokens.isEmpty { reportWaiting(for: status) }
    do throws(StoreError) {
      return try await begin(from: desired, by: authorship, status)
    } catch {
      await keeper.leave()
      throw error
    }
  }

  private func begin(
    from desired: DesiredState, by authorship: Authorship, _ status: LeaseStatus
  ) async throws(StoreError) -> LoopState {
    let store = engine.store.fenced(by: keeper.fencingTokens)
    if !status.tokens.isEmpty {
      _ = try await store.closeOpenIntents(in: environment, at: engine.time.now())
    }
    var wanted = desired
    var number: Int64 = 0
    var baseline: Engine.Baseline?
    var isInterim = false
    if status.tokens[.first] != nil {
      let found = try await engine.bound(to: keeper.fencingTokens, of: keeper).baseline(
        for: desired, by: authorship
      ) { newest async throws(StoreError) in
        guard !QuietPeriod(quietPeriod).isOff else { return true }
        return try await removals(of: desired, from: newest).removals.isEmpty
      }
      (wanted, number, baseline) = (found.desired, found.revision, found)
      isInterim = found.isInterim
    } else if let latest = try await store.latestRevision(of: environment),
      let recorded = try await store.desiredState(of: environment, at: latest.number)
    {
      (wanted, number) = (recorded, latest.number)
      isInterim = latest.interimFor != nil
    } else {
      wanted = try await engine.appliedState(of: desired.environment, desired.allowsMockGPUs)
    }
    let inventory = try await store.inventory(of: environment, knowing: wanted.resources)
    let known = try await store.strayStatuses(of: environment).union(inventory.keys)
    var state = LoopState(wanted, revision: number, inventory: known, leaseStatus: status)
    state.isInterim = isInterim
    if baseline?.isUnsettled ?? (number == 0 || isInterim || wanted.digest != desired.digest) {
      state.unrecorded = (desired, authorship)
    }
    state.quietPeriod = QuietPeriod(quietPeriod)
    state.lastRead = (desired, authorship)
    state.allowances = baseline?.allowances ?? Allowances()
    state.enqueueAll(at: engine.time.now())
    return state
  }

  func process(_ status: LeaseStatus, _ state: inout LoopState) async {
    let change = state.apply(status)
    yieldToExclusive(&state)
    if !change.lost.isEmpty { await recordLost(change.lost, state) }
    guard !change.gained.isEmpty else { return }
    await recordTaken(change.gained, from: status.evicted, state)
    do throws(StoreError) {
      _ = try await engine.store.closeOpenIntents(in: environment, at: engine.time.now())
    } catch {
      note(error, &state)
    }
    // The former holders may have applied resources and recorded a revision.
    await adoptNewestRevision(&state)
    await readInventory(&state)
    if change.becameLeader, state.mayInherit { await inherit(&state) }
    state.enqueueAll(in: change.gained.intersection(state.owned), at: engine.time.now())
  }

  /// Replaces a leader that ended. Records the manifests as a revision, as that leader would after a restart.
  private func inherit(_ state: inout LoopState) async {
    state.mayInherit = false
    guard let read = state.lastRead, read.0.digest != state.desired.digest || state.isInterim else { return }
    state.unrecorded = read
    await recordDesired(&state)
  }

  /// How long an exclusive process waits for running steps before they are cancelled.
  private static let yieldTimeout = TimeSpan(seconds: 1)

  /// Yields everything while an exclusive process waits for the environment, running steps after a moment.
  func yieldToExclusive(_ state: inout LoopState) {
    guard let other = state.leaseStatus.exclusive, other != keeper.replica else {
      state.yieldsSince = nil
      return
    }
    let now = engine.time.now()
    let since = state.yieldsSince ?? now
    state.yieldsSince = since
    state.yield(to: other.description, cancelsSteps: now - since >= Controller.yieldTimeout)
  }

  func process(_ notification: StateNotification, _ state: inout LoopState) async {
    switch notification {
    case .changed(let ids, let removed): state.apply(changed: ids, removed: removed, at: engine.time.now())
    case .revision: await adoptNewestRevision(&state)
    case .leases: keeper.heartbeatNow()
    case .missed:
      guard !state.leaseStatus.others.isEmpty else { return }
      keeper.heartbeatNow()
      await adoptNewestRevision(&state)
      await readInventory(&state)
      state.enqueueUnsettled(at: engine.time.now())
    }
  }

  /// Handles a pass whose write was rejected. Its resources that still belong to this replica are checked
  /// again.
  func processRejection(_ error: StoreError, _ state: inout LoopState) async {
    if error.code == .leaseLost {
      keeper.heartbeatNow()
      await recordWarning(.writeRejected, error.description, state)
    } else {
      await adoptNewestRevision(&state)
    }
  }

  /// Only reported, not stored: the other replicas know it.
  private func reportWaiting(for status: LeaseStatus) {
    let others = status.others.map(\.description).joined(separator: ", ")
    let message =
      status.exclusive.map { "waits until \($0) has finished with the environment" }
      ?? "shares the environment with \(others), and begins once they release its part"
    engine.progress(
      .note(
        Event(
          at: engine.time.now(), id: nil, isWarning: false, reason: .joined, message: message, revision: 0)
      ))
  }

  private func recordLost(_ ranges: Set<KeyRange>, _ state: LoopState) async {
    await recordWarning(
      .leaseLost,
      "\(keeper.replica) sent no heartbeat for \(ControllerHeartbeat.leaseSpan) and lost the key ranges "
        + "\(ranges.text); the writes of its running passes there are rejected, and it joins again", state)
  }

  private func recordTaken(_ ranges: Set<KeyRange>, from dead: [ControllerReplica], _ state: LoopState) async
  {
    guard !dead.isEmpty else { return }
    let names = dead.map(\.description).joined(separator: ", ")
    await recordWarning(
      .leaseTaken,
      "\(keeper.replica) took over the key ranges \(ranges.text): \(names) ended or sent no heartbeat", state)
  }

  private func recordWarning(_ reason: EventReason, _ message: String, _ state: LoopState) async {
    await engine.recordWarning(reason, message, state.revision, in: environment)
  }
}
