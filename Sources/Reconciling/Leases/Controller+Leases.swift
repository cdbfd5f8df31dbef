internal import Model

/// How a controller shares an environment with others.
///
/// It works on the key ranges whose leases it holds. The holder of the first range leads: it makes manifests a revision;
/// the others keep theirs until they lead, unless a newer revision comes first. What a pass writes carries the tokens that
/// were held when it began: the writes of a controller that was stopped for too long are refused, and it begins nothing.
/// Whoever takes a range over marks the steps as interrupted that its former holder left without outcome.
extension Controller {
  /// Takes a membership, and what is to be known before the first pass.
  func join(from desired: DesiredState, by authorship: Authorship) async throws(StoreError) -> LoopState {
    let leaseStatus = try await keeper.heartbeat().get()
    if leaseStatus.tokens.isEmpty { tellWaiting(for: leaseStatus) }
    do throws(StoreError) {
      return try await begin(from: desired, by: authorship, leaseStatus)
    } catch {
      await keeper.leave()
      throw error
    }
  }

  private func begin(
    from desired: DesiredState, by authorship: Authorship, _ leaseStatus: LeaseStatus
  ) async throws(StoreError) -> LoopState {
    let store = engine.store.fenced(by: keeper.fencingTokens)
    if !leaseStatus.tokens.isEmpty {
      _ = try await store.closeOpenIntents(in: environment, at: engine.time.now())
    }
    var wanted = desired
    var number: Int64 = 0
    var baseline: Engine.Baseline?
    if leaseStatus.tokens[.first] != nil {
      let found = try await engine.bound(to: keeper.fencingTokens, of: keeper).baseline(for: desired, by: authorship)
      (wanted, number, baseline) = (found.desired, found.revision, found)
    } else if let latest = try await store.latestRevision(of: environment),
      let recorded = try await store.desiredState(of: environment, at: latest.number)
    {
      (wanted, number) = (recorded, latest.number)
    }
    let inventory = try await store.inventory(of: environment, knowing: wanted.resources)
    let known = try await store.strayStatuses(of: environment).union(inventory.keys)
    var state = LoopState(wanted, revision: number, inventory: known, leaseStatus: leaseStatus)
    if baseline == nil, number == 0 || wanted.digest != desired.digest {
      state.unrecorded = (desired, authorship)
    }
    state.lastRead = (desired, authorship)
    state.allowances = baseline?.allowances ?? Allowances()
    state.enqueueAll(at: engine.time.now())
    return state
  }

  func take(_ leaseStatus: LeaseStatus, _ state: inout LoopState) async {
    let turn = state.take(leaseStatus)
    yield(&state)
    if !turn.lost.isEmpty { await tellLost(turn.lost, state) }
    guard !turn.gained.isEmpty else { return }
    await tellTaken(turn.gained, from: leaseStatus.evicted, state)
    do throws(StoreError) {
      _ = try await engine.store.closeOpenIntents(in: environment, at: engine.time.now())
    } catch {
      note(error, &state)
    }
    // Others applied what is not known here, and may have recorded a revision.
    await adoptNewestRevision(&state)
    await readInventory(&state)
    if turn.becameLeader, state.mayInherit { await inherit(&state) }
    state.enqueueAll(in: turn.gained.intersection(state.owned), at: engine.time.now())
  }

  /// Takes the place of a leader that ended, as that would if it started anew: the manifests are made a revision again.
  private func inherit(_ state: inout LoopState) async {
    state.mayInherit = false
    guard let read = state.lastRead, read.0.digest != state.desired.digest else { return }
    state.unrecorded = read
    await recordDesired(&state)
  }

  /// How long a command that wants the environment for itself waits for steps under way.
  private static let courtesy = TimeSpan(seconds: 1)

  /// Lets go of everything while somebody waits for the environment: of steps under way after a moment.
  func yield(_ state: inout LoopState) {
    guard let other = state.leaseStatus.exclusive, other != keeper.replica else {
      state.yieldsSince = nil
      return
    }
    let now = engine.time.now()
    let since = state.yieldsSince ?? now
    state.yieldsSince = since
    state.yield(for: other.description, givesUp: now - since >= Controller.courtesy)
  }

  func take(_ news: StateNotification, _ state: inout LoopState) async {
    switch news {
    case .changed(let ids, let removed): state.hear(ids, removed: removed, at: engine.time.now())
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

  /// A pass came too late. What it was about is looked at again, as far as it is still this replica's.
  func refused(_ error: StoreError, _ state: inout LoopState) async {
    if error.code == .leaseLost {
      keeper.heartbeatNow()
      await tell("WriteRejected", error.description, state)
    } else {
      await adoptNewestRevision(&state)
    }
  }

  /// Only shown: it is no news for those who are there already.
  private func tellWaiting(for leaseStatus: LeaseStatus) {
    let others = leaseStatus.others.map(\.description).joined(separator: ", ")
    let message =
      leaseStatus.exclusive.map { "waits until \($0) is done with the environment" }
      ?? "shares the environment with \(others), and begins once its part was handed over"
    engine.progress(
      .note(
        Event(
          at: engine.time.now(), id: nil, isWarning: false, reason: "Joined", message: message, revision: 0)))
  }

  private func tellLost(_ ranges: Set<KeyRange>, _ state: LoopState) async {
    await tell(
      "LeaseLost",
      "\(keeper.replica) was not heard from for \(ControllerHeartbeat.span) and lost the key ranges \(ranges.text); "
        + "what it had under way there is refused, and it joins again", state)
  }

  private func tellTaken(_ ranges: Set<KeyRange>, from dead: [ControllerReplica], _ state: LoopState) async {
    guard !dead.isEmpty else { return }
    let names = dead.map(\.description).joined(separator: ", ")
    await tell(
      "LeaseTaken",
      "\(keeper.replica) took over the key ranges \(ranges.text): \(names) ended or was not heard from", state
    )
  }

  private func tell(_ reason: String, _ message: String, _ state: LoopState) async {
    await engine.tell(reason, message, state.revision, in: environment)
  }
}
