internal import Model

/// Resources that the manifests remove leave only after they stayed absent for the quiet period, so that a
/// file that is absent for a moment removes nothing. Each resource has its own countdown (`QuietPeriod`). The
/// leading controller decides; a new leader begins the countdowns again.
///
/// Everything else that the manifests change is applied at once: meanwhile the revision is what the manifests
/// declare together with the resources that wait, which stay as the former revision declares them
/// (`DesiredState.keeping`). No person wrote such an interim state, so its revision names the manifests that
/// it precedes (`Revision.interimFor`), and a rollback without a number passes over it. When the last
/// countdown ends, the manifests become a revision as they are. When a person declares the resources again,
/// the interim revision is what they wrote and becomes an ordinary one.
///
/// One case waits as a whole: manifests that give another name to what a waiting resource references.
extension Controller {
  /// Records manifests that were read as a revision, when this replica leads. Repeated at each tick until all
  /// that they declare is recorded.
  func recordDesired(_ state: inout LoopState) async {
    guard state.leads else { return forgetRemovals(&state) }
    guard let (desired, authorship) = state.unrecorded else { return }
    do throws(StoreError) {
      if let quarantine = try await engine.quarantine(of: desired) {
        state.unrecorded = nil
        await cancelRemovals("the manifests are quarantined", &state)
        await engine.recordQuarantined(quarantine, keeping: state.revision, in: environment)
        return
      }
      try await followRemovals(of: desired, &state)
      let waiting = state.quietPeriod.waiting
      guard !waiting.isEmpty else { return try await record(desired, by: authorship, &state) }
      guard let interim = desired.keeping(waiting, of: state.desired, movedFrom: state.movedFrom),
        interim.digest != state.desired.digest, try await engine.quarantine(of: interim) == nil
      else { return }
      try await record(interim, before: desired, waiting, by: authorship, &state)
    } catch {
      if error.isOutdated { keeper.heartbeatNow() } else { note(error, &state) }
    }
  }

  /// Records the manifests as they are.
  private func record(
    _ desired: DesiredState, by authorship: Authorship, _ state: inout LoopState
  ) async throws(StoreError) {
    let store = engine.store.fenced(by: keeper.fencingTokens)
    let revision = try await Engine.record(desired, by: authorship, in: store, at: engine.time.now())
    state.unrecorded = nil
    if !state.quietPeriod.end().isEmpty { engine.report(.pendingRemovals([])) }
    adopt(desired, revision, &state)
  }

  /// Records an interim state.
  private func record(
    _ interim: DesiredState, before desired: DesiredState, _ waiting: Set<ResourceID>,
    by authorship: Authorship, _ state: inout LoopState
  ) async throws(StoreError) {
    let store = engine.store.fenced(by: keeper.fencingTokens)
    let names = waiting.sorted().map(\.description).joined(separator: ", ")
    let authorship = Authorship(
      actor: authorship.actor, commit: authorship.commit,
      message: "\(authorship.message), without the removal of \(names)", action: authorship.action)
    let revision = try await store.record(
      interim, for: desired.digest, by: authorship, at: engine.time.now())
    let removed = state.quietPeriod.pending.map(\.id).filter { interim[$0] == nil }
    state.quietPeriod.end(removed)
    state.mustAnnounceRemovals = state.mustAnnounceRemovals || !removed.isEmpty
    adopt(interim, revision, &state)
    try await announce(&state)
  }

  private func adopt(_ desired: DesiredState, _ revision: Revision, _ state: inout LoopState) {
    state.isInterim = revision.interimFor != nil
    guard revision.number != state.revision || desired.digest != state.desired.digest else { return }
    state.adopt(desired, revision.number, at: engine.time.now())
  }

  // MARK: Removals

  /// What manifests remove of what a former state declares.
  struct Removals {
    /// Sorted. Without renamed resources, which keep what they hold.
    var removals: [QuietPeriod.Removal] = []
    /// The former names of renamed resources.
    var movedFrom: Set<ResourceID> = []
  }

  func removals(of desired: DesiredState, from former: DesiredState) async throws(StoreError) -> Removals {
    guard former.resources.contains(where: { desired[$0.id] == nil }) else { return Removals() }
    let inventory = try await engine.store.inventory(of: environment, knowing: former.resources)
    let ownership = try await engine.store.ownership()
    let leaving = engine.leaving(desired, inventory)
    let moves = engine.moves(to: desired, inventory, leaving, nil, ownership)
    let claims = engine.claims(in: engine.context(for: desired, leaving: leaving, ownership, moves))
    let removed = leaving.filter { former[$0.id] != nil && moves.move(from: $0.id) == nil }
    // What a resource with data is built on leaves after it.
    var losing = Set(removed.filter { claims($0).contains(where: \.holdsData) }.map(\.id))
    var open = Array(losing)
    while let id = open.popLast() {
      for target in former[id]?.references.map(\.target) ?? [] where losing.insert(target).inserted {
        open.append(target)
      }
    }
    return Removals(
      removals: removed.map { resource in
        QuietPeriod.Removal(
          id: resource.id, digest: former[resource.id]?.digest ?? resource.digest,
          losesData: losing.contains(resource.id))
      },
      movedFrom: Set(leaving.map(\.id).filter { moves.move(from: $0) != nil }))
  }

  /// Brings the countdowns up to date with the manifests and the time.
  private func followRemovals(of desired: DesiredState, _ state: inout LoopState) async throws(StoreError) {
    guard !state.quietPeriod.isOff else { return }
    let now = engine.time.now()
    if state.quietPeriod.check(at: now) { state.mustAnnounceRemovals = true }
    let read = LoopState.Comparison(manifests: desired.digest, former: state.desired.digest)
    if state.comparison != read {
      let removed = try await removals(of: desired, from: state.desired)
      let change = state.quietPeriod.follow(removed.removals, at: now)
      state.comparison = read
      state.movedFrom = removed.movedFrom
      if !change.isEmpty { state.mustAnnounceRemovals = true }
      let isDeclared = { (id: ResourceID) in desired[id] != nil }
      await recordKept(change.cancelled.filter(isDeclared), Controller.declaredAgain, state)
      await recordKept(
        change.cancelled.filter { !isDeclared($0) }, "another resource continues them", state)
      if let message = change.begun.sentence(now: now) {
        await engine.recordWarning(.removalPending, message, state.revision, in: environment)
      }
    }
    try await announce(&state)
  }

  /// Stores and reports the pending removals, if they changed.
  private func announce(_ state: inout LoopState) async throws(StoreError) {
    guard state.mustAnnounceRemovals else { return }
    let pending = state.quietPeriod.pending
    try await engine.store.fenced(by: keeper.fencingTokens).setPendingRemovals(pending, in: environment)
    engine.report(.pendingRemovals(pending))
    state.mustAnnounceRemovals = false
  }

  private static let declaredAgain = "the manifests declare them again"

  /// Ends the waits because the manifests declare again what they had removed.
  func keepRemoved(_ state: inout LoopState) async {
    await cancelRemovals(Controller.declaredAgain, &state)
  }

  /// Ends the waits because it is not known what the manifests declare now: what they declared before removes
  /// nothing.
  func abandonRemovals(_ reason: String, _ state: inout LoopState) async {
    if !state.quietPeriod.pending.isEmpty { state.unrecorded = nil }
    state.lastRead = nil
    await cancelRemovals(reason, &state)
  }

  /// Ends the waits without a removal. Does nothing when nothing is waited for.
  func cancelRemovals(_ reason: String, _ state: inout LoopState) async {
    state.comparison = nil
    let pending = state.quietPeriod.end()
    guard !pending.isEmpty else { return }
    state.mustAnnounceRemovals = true
    // A record that stays is not shown after its time.
    do throws(StoreError) { try await announce(&state) } catch { note(error, &state) }
    await recordKept(pending.map(\.id), reason, state)
  }

  /// Ends the waits because another replica leads, which stores its own.
  private func forgetRemovals(_ state: inout LoopState) {
    state.comparison = nil
    state.mustAnnounceRemovals = false
    if !state.quietPeriod.end().isEmpty { engine.report(.pendingRemovals([])) }
  }

  private func recordKept(_ ids: [ResourceID], _ reason: String, _ state: LoopState) async {
    guard !ids.isEmpty else { return }
    let names = ids.map(\.description).joined(separator: ", ")
    await engine.record(
      [
        Event(
          at: engine.time.now(), id: nil, isWarning: false, reason: .removalCancelled,
          message: "not removed: \(names); \(reason)", revision: state.revision)
      ], in: environment)
  }
}

extension DesiredState {
  /// The same state, in which resources stay as a former state declares them, with everything that they
  /// reference. Nil where a reference would lead to no resource: to one with another name now, or to one that
  /// the former state does not declare either.
  func keeping(
    _ ids: Set<ResourceID>, of former: DesiredState, movedFrom: Set<ResourceID>
  ) -> DesiredState? {
    var kept: [ResourceID: AnyResource] = [:]
    var open = Array(ids)
    while let id = open.popLast() {
      guard self[id] == nil, kept[id] == nil else { continue }
      guard let resource = former[id], !movedFrom.contains(id) else { return nil }
      kept[id] = resource
      open += resource.references.map(\.target)
    }
    return DesiredState(
      environment: environment, allowsMockGPUs: allowsMockGPUs, resources: resources + kept.values)
  }
}
