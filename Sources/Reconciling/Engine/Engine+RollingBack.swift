package import Model

extension Engine {
  /// The revision that a controller starts from, and what it may do to reach it.
  package struct Baseline: Sendable {
    package let desired: DesiredState
    package let revision: Int64
    /// A rollback may delete everything that the failed revision created.
    package let allowances: Allowances
    /// Whether the manifests wait to follow this revision.
    package var isUnsettled = false
    /// See `Revision.interimFor`.
    package var isInterim = false
  }

  /// Records the manifests as the newest revision, unless they are quarantined: then the newest recorded
  /// revision stays, which is reported and stored as an event. First rolls back an atomic apply whose process
  /// has ended.
  ///
  /// An environment without a revision and without an inventory has nothing to lose: its manifests are
  /// recorded at once. With an inventory, what was applied counts as the newest recorded state.
  /// - Parameter isSettled: Whether the manifests may follow the newest recorded state at once. Otherwise
  ///   that stays for now.
  func baseline(
    for desired: DesiredState, by authorship: Authorship,
    isSettled: (DesiredState) async throws(StoreError) -> Bool
  ) async throws(StoreError) -> Baseline {
    let rolledBack = try await rollBackAbandonedApply(in: desired.environment)
    let quarantine = try await quarantine(of: desired)
    let latest = try await store.latestRevision(of: desired.environment)
    if quarantine == nil, latest?.manifestDigest == desired.digest {
      return try await recordedBaseline(desired, by: authorship)
    }
    var newest = Baseline(
      desired: try await appliedState(of: desired.environment, desired.allowsMockGPUs), revision: 0,
      allowances: Allowances())
    if let rolledBack {
      newest = rolledBack
    } else if let latest,
      let recorded = try await store.desiredState(of: desired.environment, at: latest.number)
    {
      newest = Baseline(
        desired: recorded, revision: latest.number, allowances: Allowances(),
        isInterim: latest.interimFor != nil)
    }
    if let quarantine {
      await recordQuarantined(quarantine, keeping: newest.revision, in: desired.environment)
      return newest
    }
    if try await isSettled(newest.desired) { return try await recordedBaseline(desired, by: authorship) }
    newest.isUnsettled = true
    return newest
  }

  /// The resources of the inventory, which may reference others that are not in it.
  func appliedState(of environment: String, _ allowsMockGPUs: Bool) async throws(StoreError) -> DesiredState {
    DesiredState(
      environment: environment, allowsMockGPUs: allowsMockGPUs,
      resources: try await store.inventory(of: environment, knowing: []).values.map(\.resource))
  }

  private func recordedBaseline(_ desired: DesiredState, by authorship: Authorship) async throws(StoreError)
    -> Baseline
  {
    let revision = try await recordRevision(desired, by: authorship)
    return Baseline(desired: desired, revision: revision.number, allowances: Allowances())
  }

  /// The quarantine of these manifests; nil when controllers may apply them.
  package func quarantine(of desired: DesiredState) async throws(StoreError) -> Quarantine? {
    try await store.quarantines(of: desired.environment).first { $0.digest == desired.digest }
  }

  /// Reports and stores that quarantined manifests are not applied.
  func recordQuarantined(_ quarantine: Quarantine, keeping revision: Int64, in environment: String) async {
    await recordWarning(
      .revisionQuarantined,
      "the manifests are those of revision \(quarantine.revision), which is quarantined "
        + "(\(quarantine.reason)): revision \(revision) stays. Other manifests are applied as usual; "
        + "to apply these anyway, run ‘rendertrust apply’", revision, in: environment)
  }

  /// Lifts the quarantine of these manifests because a person applies them. Returns it; nil when there was
  /// none.
  package func liftQuarantine(of desired: DesiredState, by authorship: Authorship) async throws(StoreError)
    -> Quarantine?
  {
    let lifted = try await store.liftQuarantine(
      of: desired.digest, in: desired.environment, by: authorship.actor, at: time.now())
    guard let lifted else { return nil }
    await recordWarning(
      .quarantineLifted,
      "\(authorship.actor) lifted the quarantine of revision \(lifted.revision) (\(lifted.reason)) with "
        + "‘\(authorship.message)’", lifted.revision, in: desired.environment)
    return lifted
  }

  /// Quarantines the revisions that a rollback leaves: those after `target`, except the ones equal to
  /// `desired`, and the manifests that interim ones among them precede. If the process ends before the
  /// rollback is recorded, the next controller rolls back.
  /// - Returns: The new quarantines.
  package func quarantineRevisions(
    after target: Int64, for desired: DesiredState, by authorship: Authorship
  ) async throws(StoreError) -> [Quarantine] {
    let environment = desired.environment
    guard let newest = try await store.latestRevision(of: environment), newest.number > target else {
      return []
    }
    let left = try await store.revisions(of: environment, limit: Int(newest.number - target))
    var seen: Set<Digest> = [desired.digest]
    var entries: [Quarantine] = []
    for revision in left {
      for digest in [revision.manifestDigest, revision.interimFor].compactMap(\.self)
      where seen.insert(digest).inserted {
        entries.append(
          Quarantine(
            digest: digest, revision: revision.number,
            reason: "\(authorship.actor) rolled back to \(target)", actor: authorship.actor, at: time.now()))
      }
    }
    try await store.setAtomicApply(
      AtomicApply(
        digest: newest.manifestDigest, rollbackRevision: target, actor: authorship.actor,
        expiresAt: time.now() + AtomicApply.lifetime), in: environment)
    try await store.quarantine(entries, in: environment)
    return entries
  }

  /// Rolls the newest revision back when it belongs to an atomic apply whose process has ended. Nil when
  /// there is none.
  func rollBackAbandonedApply(in environment: String) async throws(StoreError) -> Baseline? {
    guard let apply = try await store.atomicApply(of: environment), apply.expiresAt < time.now() else {
      return nil
    }
    guard let newest = try await store.latestRevision(of: environment), newest.manifestDigest == apply.digest
    else {
      try await store.setAtomicApply(nil, in: environment)
      return nil
    }
    let baseline = try await rollBack(
      newest, of: apply, because: "\(apply.actor) did not finish applying it atomically")
    await recordWarning(
      .wentBack,
      "\(apply.actor) did not finish applying revision \(newest.number) atomically: revision "
        + "\(baseline.revision) rolls back to \(AtomicApply.name(of: apply.rollbackRevision))",
      baseline.revision, in: environment)
    return baseline
  }

  /// Quarantines a revision and records the one before it as the newest.
  func rollBack(_ failed: Revision, of apply: AtomicApply, because reason: String) async throws(StoreError)
    -> Baseline
  {
    let environment = failed.environment
    let former = try await store.desiredState(of: environment, at: apply.rollbackRevision)
    let desired = try await keepingData(of: failed, in: former ?? .empty(in: environment))
    try await store.quarantine(
      [
        Quarantine(
          digest: failed.manifestDigest, revision: failed.number, reason: reason, actor: apply.actor,
          at: time.now())
      ], in: environment)
    let revision = try await store.record(
      desired,
      by: Authorship(
        actor: apply.actor, commit: nil,
        message: "roll back to \(AtomicApply.name(of: apply.rollbackRevision)) from \(failed.number)",
        action: .rollback),
      at: time.now())
    try await store.setAtomicApply(nil, in: environment)
    return Baseline(desired: desired, revision: revision.number, allowances: Allowances(prune: true))
  }
}

extension AtomicApply {
  /// How long an atomic apply stands without being renewed.
  static let lifetime = TimeSpan(seconds: 20)

  /// The name of a rollback target for people.
  static func name(of revision: Int64) -> String { revision == 0 ? "nothing" : "revision \(revision)" }
}

extension DesiredState {
  package static func empty(in environment: String) -> DesiredState {
    DesiredState(environment: environment, allowsMockGPUs: false, resources: [])
  }
}
