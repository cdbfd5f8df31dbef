package import Model

extension Engine {
  /// What a controller works towards, and what it may do for that without asking.
  package struct Baseline: Sendable {
    package let desired: DesiredState
    package let revision: Int64
    /// Going back may delete whatever the failed revision made.
    package let allowances: Allowances
  }

  /// Makes the manifests the newest revision, unless they are quarantined: then the newest recorded revision stays,
  /// which is said and kept as an event. Before that, goes back from an atomic apply that nobody answers for any more.
  func baseline(for desired: DesiredState, by authorship: Authorship) async throws(StoreError) -> Baseline {
    let back = try await rollBackAbandonedApply(in: desired.environment)
    guard let quarantine = try await quarantine(of: desired) else {
      let revision = try await store.record(desired, by: authorship, at: time.now())
      return Baseline(desired: desired, revision: revision.number, allowances: Allowances())
    }
    let baseline: Baseline
    if let back {
      baseline = back
    } else if let latest = try await store.latestRevision(of: desired.environment),
      let recorded = try await store.desiredState(of: desired.environment, at: latest.number)
    {
      baseline = Baseline(desired: recorded, revision: latest.number, allowances: Allowances())
    } else {
      baseline = Baseline(desired: .nothing(in: desired.environment), revision: 0, allowances: Allowances())
    }
    await tell(quarantine, insteadOf: baseline.revision, in: desired.environment)
    return baseline
  }

  /// Why manifests are not applied by themselves; nil when they may be.
  package func quarantine(of desired: DesiredState) async throws(StoreError) -> Quarantine? {
    try await store.quarantines(of: desired.environment).first { $0.digest == desired.digest }
  }

  /// Says, and keeps as an event, that quarantined manifests are not applied.
  func tell(_ quarantine: Quarantine, insteadOf revision: Int64, in environment: String) async {
    await tell(
      "RevisionQuarantined",
      "the manifests are those of revision \(quarantine.revision), which is quarantined (\(quarantine.reason)): "
        + "revision \(revision) stays. Other manifests are applied as ever; to apply these all the same, run "
        + "‘rendertrust apply’", revision, in: environment)
  }

  /// Says something about a whole environment, and keeps it as an event as far as the store answers.
  func tell(_ reason: String, _ message: String, _ revision: Int64, in environment: String) async {
    await keep(
      [Event(at: time.now(), id: nil, isWarning: true, reason: reason, message: message, revision: revision)],
      in: environment)
  }

  /// Shows events, and keeps them as far as the store answers.
  func keep(_ events: [Event], in environment: String) async {
    guard let first = events.first else { return }
    for event in events { progress(.note(event)) }
    var changes = StatusChanges(revision: first.revision)
    changes.events = events
    do throws(StoreError) { try await store.save(changes, in: environment) } catch {}
  }

  /// Lifts what forbids these manifests, because a person applies them. Nil when nothing did.
  package func liftQuarantine(of desired: DesiredState, by authorship: Authorship) async throws(StoreError)
    -> Quarantine?
  {
    let lifted = try await store.liftQuarantine(
      of: desired.digest, in: desired.environment, by: authorship.actor, at: time.now())
    guard let lifted else { return nil }
    await tell(
      "QuarantineLifted",
      "\(authorship.actor) lifted the quarantine of revision \(lifted.revision) (\(lifted.reason)) with "
        + "‘\(authorship.message)’", lifted.revision, in: desired.environment)
    return lifted
  }

  /// Quarantines the revisions that a rollback leaves: those behind `target`, up to the newest, except where they say
  /// the same as `desired`. Should the rollback not get as far as being recorded, the next controller does that.
  /// - Returns: what is quarantined by this.
  package func quarantineRevisions(
    after target: Int64, for desired: DesiredState, by authorship: Authorship
  ) async throws(StoreError) -> [Quarantine] {
    let environment = desired.environment
    guard let newest = try await store.latestRevision(of: environment), newest.number > target else {
      return []
    }
    let left = try await store.revisions(of: environment, limit: Int(newest.number - target))
      .filter { $0.manifestDigest != desired.digest }
    let entries = left.map { revision in
      Quarantine(
        digest: revision.manifestDigest, revision: revision.number,
        reason: "\(authorship.actor) rolled back to \(target)", actor: authorship.actor, at: time.now())
    }
    try await store.setAtomicApply(
      AtomicApply(
        digest: newest.manifestDigest, rollbackRevision: target, actor: authorship.actor,
        expiresAt: time.now() + AtomicApply.grace), in: environment)
    try await store.quarantine(entries, in: environment)
    return entries
  }

  /// Goes back from the newest revision when it was to be applied as a whole and nobody is at that any more. Nil
  /// when there is no such.
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
      from: newest, of: apply, because: "\(apply.actor) did not get to the end of applying it as a whole")
    await tell(
      "WentBack",
      "revision \(newest.number) was to be applied as a whole by \(apply.actor), who did not get to the end of it: "
        + "revision \(baseline.revision) goes back to \(AtomicApply.name(of: apply.rollbackRevision))",
      baseline.revision,
      in: environment)
    return baseline
  }

  /// Quarantines a revision and makes the one before it the newest again.
  func rollBack(from failed: Revision, of apply: AtomicApply, because reason: String) async throws(StoreError)
    -> Baseline
  {
    let environment = failed.environment
    let former = try await store.desiredState(of: environment, at: apply.rollbackRevision)
    let desired = former ?? .nothing(in: environment)
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
        message: "go back to \(AtomicApply.name(of: apply.rollbackRevision)) from \(failed.number)",
        action: .rollback),
      at: time.now())
    try await store.setAtomicApply(nil, in: environment)
    return Baseline(desired: desired, revision: revision.number, allowances: Allowances(prune: true))
  }
}

extension AtomicApply {
  /// For how long a promise holds without being renewed.
  static let grace = TimeSpan(seconds: 20)

  /// For people.
  static func name(of revision: Int64) -> String { revision == 0 ? "nothing at all" : "revision \(revision)" }
}

extension DesiredState {
  /// An environment without resources.
  static func nothing(in environment: String) -> DesiredState {
    DesiredState(environment: environment, allowsMockGPUs: false, resources: [])
  }
}
