package import Model

extension Engine {
  /// The result of an atomic apply.
  package struct AtomicConvergence: Sendable {
    package enum End: Sendable {
      /// Everything is as declared.
      case applied
      /// It failed, and the revision before was applied again.
      case rolledBack(Convergence)
      /// It failed, and there was no other revision to roll back to.
      case kept
      /// It was stopped. The next controller rolls back, unless other manifests are applied first.
      case stopped
    }

    package let forward: Convergence
    package let end: End
    /// The revision to roll back to; 0 for an empty environment.
    package let rollbackRevision: Int64
    /// Steps that destroyed something, which is lost although the resource may exist again.
    package let destroyed: [(id: ResourceID, step: AnyStep)]
  }

  /// Does the same as `converge`, completely or not at all. After a failure no step starts; when the running
  /// steps have ended, the failed revision is quarantined and the engine converges to the revision before. A
  /// process that ends before that leaves a record which it no longer renews, and the next controller rolls
  /// back.
  /// - Parameter admits: As for `converge`; it does not concern the rollback.
  package func convergeAtomically(
    _ preparation: Preparation, by authorship: Authorship, allowances: Allowances,
    admitting admits: @escaping @Sendable (Plan) -> Bool = { _ in true }
  ) async throws(StoreError) -> AtomicConvergence {
    let environment = preparation.desired.environment
    let apply = try await atomicApply(of: preparation.desired, by: authorship)
    if let apply { try await store.setAtomicApply(apply, in: environment) }
    let forward = try await renewing(apply, in: environment) {
      await tryConverging(preparation, by: authorship, allowances, isAtomic: true, admitting: admits)
    }
    func result(_ end: AtomicConvergence.End) -> AtomicConvergence {
      AtomicConvergence(
        forward: forward, end: end, rollbackRevision: apply?.rollbackRevision ?? forward.revision.number,
        destroyed: forward.destroyed)
    }
    guard let failure = forward.firstFailure else {
      guard !gracefulStop.isRequested || forward.isComplete else {
        if var apply {
          apply.expiresAt = time.now()
          try await store.setAtomicApply(apply, in: environment)
        }
        return result(.stopped)
      }
      try await store.setAtomicApply(nil, in: environment)
      return result(.applied)
    }
    guard let apply else { return result(.kept) }
    let baseline = try await rollBack(
      forward.revision, of: apply, because: "it was applied atomically, and \(failure)")
    await recordWarning(
      .goingBack,
      "\(failure), so revision \(forward.revision.number) is quarantined and revision "
        + "\(baseline.revision) rolls back to \(AtomicApply.name(of: apply.rollbackRevision))",
      baseline.revision, in: environment)
    let allowed = Allowances(
      allowances.granted.union(GuardRule.allCases.filter(\.isAllowedByName).map { Allowance($0) }),
      approval: allowances.approval)
    let back = try await prepare(baseline.desired, revision: baseline.revision, allowances: allowed)
    return result(
      .rolledBack(
        try await tryConverging(
          back, by: Authorship(actor: authorship.actor, commit: nil, message: "roll back"), allowed,
          isAtomic: false
        ).get()))
  }

  /// The record of an atomic apply of these manifests; nil when they are the newest revision already, so that
  /// there is nothing to roll back to. Applying the same manifests again after an unfinished atomic apply
  /// keeps its target.
  private func atomicApply(of desired: DesiredState, by authorship: Authorship) async throws(StoreError)
    -> AtomicApply?
  {
    let former = try await store.latestRevision(of: desired.environment)
    let unfinished = try await store.atomicApply(of: desired.environment).flatMap { apply in
      former?.manifestDigest == apply.digest ? apply : nil
    }
    guard unfinished != nil || former?.manifestDigest != desired.digest else { return nil }
    return AtomicApply(
      digest: desired.digest, rollbackRevision: unfinished?.rollbackRevision ?? former?.number ?? 0,
      actor: authorship.actor, expiresAt: time.now() + AtomicApply.lifetime)
  }

  private func tryConverging(
    _ preparation: Preparation, by authorship: Authorship, _ allowances: Allowances, isAtomic: Bool,
    admitting admits: (Plan) -> Bool = { _ in true }
  ) async -> Result<Convergence, StoreError> {
    do throws(StoreError) {
      return .success(
        try await converge(
          preparation, by: authorship, allowances: allowances, isAtomic: isAtomic, admitting: admits))
    } catch {
      return .failure(error)
    }
  }

  /// Renews the record of an atomic apply while the work runs.
  private func renewing(
    _ apply: AtomicApply?, in environment: String,
    _ work: @escaping @Sendable () async -> Result<Convergence, StoreError>
  ) async throws(StoreError) -> Convergence {
    let result = await withTaskGroup(of: Result<Convergence, StoreError>?.self) { group in
      group.addTask { await work() }
      group.addTask {
        guard var apply else { return nil }
        while (try? await time.sleep(TimeSpan(seconds: 5))) != nil {
          apply.expiresAt = time.now() + AtomicApply.lifetime
          do throws(StoreError) { try await store.setAtomicApply(apply, in: environment) } catch {}
        }
        return nil
      }
      var end: Result<Convergence, StoreError>?
      for await result in group {
        guard let result else { continue }
        end = result
        group.cancelAll()
      }
      return end
    }
    guard let result else { throw StoreError(code: "apply.lost", "the apply ended without a result") }
    return try result.get()
  }
}

extension Engine.Convergence {
  /// The first failure, for people; nil when nothing failed.
  var firstFailure: String? {
    let failed = findings.sorted { $0.key < $1.key }.first { _, finding in
      finding.status.failures > 0
        || finding.status.isGuarded || finding.status.blockedReason == .invalid
    }
    guard let (id, finding) = failed else { return nil }
    return finding.status.failures > 0 ? "\(id) failed" : "\(id) is not done"
  }

  /// Whether every resource is done.
  var isComplete: Bool {
    findings.values.allSatisfy { $0.isRemoved || $0.isApplied || $0.status.mode != .enforce }
  }

  /// Steps that may have destroyed something.
  var destroyed: [(id: ResourceID, step: AnyStep)] {
    passes.flatMap { pass in
      pass.plan.resources.flatMap { resource -> [(id: ResourceID, step: AnyStep)] in
        switch pass.results[resource.id] {
        case .done, .failed: resource.steps.filter { $0.risk == .destructive }.map { (resource.id, $0) }
        case .skipped, .cancelled, .superseded, nil: []
        }
      }
    }
  }
}
