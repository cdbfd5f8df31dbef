internal import Model

/// Manifests that remove resources are recorded only after they stayed the same for the quiet period, so that
/// a file that is absent for a moment removes nothing and never becomes a revision. The leading controller
/// decides; a new leader begins the period again.
extension Controller {
  /// Records manifests that were read as a revision, when this replica leads and they are settled. Repeated
  /// at each tick until it succeeds.
  func recordDesired(_ state: inout LoopState) async {
    guard state.leads else { return forgetRemoval(&state) }
    guard let (desired, authorship) = state.unrecorded else { return }
    do throws(StoreError) {
      if let quarantine = try await engine.quarantine(of: desired) {
        state.unrecorded = nil
        await cancelRemoval("the manifests are quarantined", &state)
        await engine.recordQuarantined(quarantine, keeping: state.revision, in: environment)
        return
      }
      guard try await isSettled(desired, &state) else { return }
      let store = engine.store.fenced(by: keeper.fencingTokens)
      let revision = try await Engine.record(
        desired, by: authorship, in: store, at: engine.time.now())
      state.unrecorded = nil
      await endRemoval(recording: desired, &state)
      state.adopt(desired, revision.number, at: engine.time.now())
    } catch {
      if error.isOutdated { keeper.heartbeatNow() } else { note(error, &state) }
    }
  }

  /// What these manifests remove of what a former state declares.
  struct Removals {
    /// Sorted. Without renamed resources, which keep what they hold.
    var ids: [ResourceID] = []
    /// Whether removing them destroys data.
    var losesData = false
  }

  func removals(of desired: DesiredState, from former: DesiredState) async throws(StoreError) -> Removals {
    guard former.resources.contains(where: { desired[$0.id] == nil }) else { return Removals() }
    let inventory = try await engine.store.inventory(of: environment, knowing: former.resources)
    let ownership = try await engine.store.ownership()
    let leaving = engine.leaving(desired, inventory)
    let moves = engine.moves(to: desired, inventory, leaving, nil, ownership)
    let claims = engine.claims(in: engine.context(for: desired, leaving: leaving, ownership, moves))
    let removed = leaving.filter { former[$0.id] != nil && moves.move(from: $0.id) == nil }
    return Removals(
      ids: removed.map(\.id), losesData: removed.contains { claims($0).contains(where: \.holdsData) })
  }

  private func isSettled(
    _ desired: DesiredState, _ state: inout LoopState
  ) async throws(StoreError) -> Bool {
    if state.quietPeriod.pending?.digest == desired.digest {
      switch state.quietPeriod.check(at: engine.time.now()) {
      case .over: return true
      case .waiting: return false
      case .delayed(let removal):
        try await announce(removal)
        return false
      }
    }
    guard !state.quietPeriod.isOff else { return true }
    let removed = try await removals(of: desired, from: state.desired)
    let now = engine.time.now()
    let wait = state.quietPeriod.wait(
      for: desired.digest, removing: removed.ids, losesData: removed.losesData, at: now)
    guard let wait else { return true }
    let former = state.quietPeriod.pending?.removals ?? []
    try await announce(wait)
    state.quietPeriod.begin(wait, at: now)
    await recordKept(former.filter { !wait.removals.contains($0) }, Controller.declaredAgain, state)
    if former != wait.removals, let message = wait.sentence(now: now) {
      await engine.recordWarning(.removalPending, message, state.revision, in: environment)
    }
    return false
  }

  /// Stores and reports the pending removal.
  private func announce(_ removal: PendingRemoval?) async throws(StoreError) {
    try await engine.store.fenced(by: keeper.fencingTokens).setPendingRemoval(removal, in: environment)
    engine.report(.pendingRemoval(removal))
  }

  private static let declaredAgain = "the manifests declare them again"

  /// Ends the wait because the manifests declare again what they had removed.
  func keepRemoved(_ state: inout LoopState) async {
    await cancelRemoval(Controller.declaredAgain, &state)
  }

  /// Ends the wait because it is not known what the manifests declare now: what they declared before removes
  /// nothing.
  func abandonRemoval(_ reason: String, _ state: inout LoopState) async {
    if state.quietPeriod.pending != nil { state.unrecorded = nil }
    state.lastRead = nil
    await cancelRemoval(reason, &state)
  }

  /// Ends the wait without a removal. Does nothing when nothing is waited for.
  func cancelRemoval(_ reason: String, _ state: inout LoopState) async {
    guard let removal = await clearRemoval(&state) else { return }
    await recordKept(removal.removals, reason, state)
  }

  /// Ends the wait because other or the same manifests were recorded.
  private func endRemoval(recording desired: DesiredState, _ state: inout LoopState) async {
    guard let removal = await clearRemoval(&state), removal.digest != desired.digest else { return }
    await recordKept(removal.removals.filter { desired[$0] != nil }, Controller.declaredAgain, state)
  }

  /// Ends the wait because another replica leads, which stores its own.
  private func forgetRemoval(_ state: inout LoopState) {
    if state.quietPeriod.end() != nil { engine.report(.pendingRemoval(nil)) }
  }

  private func clearRemoval(_ state: inout LoopState) async -> PendingRemoval? {
    guard let removal = state.quietPeriod.end() else { return nil }
    // A record that stays is not shown after its time.
    do throws(StoreError) { try await announce(nil) } catch { note(error, &state) }
    return removal
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
