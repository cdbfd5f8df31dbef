package import Model

extension Engine {
  /// What an apply as a whole came to.
  package struct AtomicConvergence: Sendable {
    package enum End: Sendable {
      /// All of it is as declared.
      case applied
      /// It failed, and the way back was gone.
      case wentBack(Convergence)
      /// It failed, and there was no other revision to go back to.
      case stayed
      /// It was stopped; the next controller goes back, unless other manifests are applied before that.
      case stopped
    }

    package let forward: Convergence
    package let end: End
    /// The revision to go back to; 0 for nothing at all.
    package let rollbackRevision: Int64
    /// What is lost although its resource may be back: steps that destroyed something.
    package let destroyed: [(id: ResourceID, step: AnyStep)]
  }

  /// The same as `converge`, as a whole or not at all: as soon as something fails nothing new is begun, and when what
  /// is under way is over, the engine converges to the revision before. The failed one is quarantined. A process
  /// that ends in the middle of this leaves a promise behind that it does not renew: the next controller goes back.
  package func convergeAtomically(
    _ preparation: Preparation, by authorship: Authorship, allowances: Allowances
  ) async throws(StoreError) -> AtomicConvergence {
    let desired = preparation.desired
    let environment = desired.environment
    let former = try await store.latestRevision(of: environment)
    let unfinished = try await store.atomicApply(of: environment).flatMap { apply in
      former?.manifestDigest == apply.digest ? apply : nil
    }
    var promise: AtomicApply?
    if let target = unfinished?.rollbackRevision ?? former.map(\.number) ?? 0 as Int64?,
      unfinished != nil || former?.manifestDigest != desired.digest
    {
      promise = AtomicApply(
        digest: desired.digest, rollbackRevision: target, actor: authorship.actor,
        expiresAt: time.now() + AtomicApply.grace)
    }
    if let promise { try await store.setAtomicApply(promise, in: environment) }
    let forward = try await keeping(promise, in: environment) {
      await tryConverging(preparation, by: authorship, allowances, isAtomic: true)
    }
    func end(_ end: AtomicConvergence.End) -> AtomicConvergence {
      AtomicConvergence(
        forward: forward, end: end, rollbackRevision: promise?.rollbackRevision ?? forward.revision.number,
        destroyed: forward.destroyed)
    }
    guard let failure = forward.firstFailure else {
      guard !gracefulStop.isRequested || forward.isComplete else {
        if var promise {
          promise.expiresAt = time.now()
          try await store.setAtomicApply(promise, in: environment)
        }
        return end(.stopped)
      }
      try await store.setAtomicApply(nil, in: environment)
      return end(.applied)
    }
    guard let promise else { return end(.stayed) }
    let baseline = try await rollBack(
      from: forward.revision, of: promise, because: "it was to be applied as a whole, and \(failure)")
    await tell(
      "GoingBack",
      "\(failure), so revision \(forward.revision.number) is quarantined and revision \(baseline.revision) goes back "
        + "to \(AtomicApply.name(of: promise.rollbackRevision))", baseline.revision, in: environment)
    let allowed = Allowances(
      allowances.granted.union(GuardRule.allCases.filter(\.isAllowedByName).map { Allowance($0) }),
      approval: allowances.approval)
    let way = try await prepare(baseline.desired, revision: baseline.revision, allowances: allowed)
    let back = try await tryConverging(
      way, by: Authorship(actor: authorship.actor, commit: nil, message: "go back"), allowed, isAtomic: false
    ).get()
    return end(.wentBack(back))
  }

  private func tryConverging(
    _ preparation: Preparation, by authorship: Authorship, _ allowances: Allowances, isAtomic: Bool
  ) async -> Result<Convergence, StoreError> {
    do throws(StoreError) {
      return .success(
        try await converge(preparation, by: authorship, allowances: allowances, isAtomic: isAtomic))
    } catch {
      return .failure(error)
    }
  }

  /// Renews a promise for as long as the work takes.
  private func keeping(
    _ promise: AtomicApply?, in environment: String,
    _ work: @escaping @Sendable () async -> Result<Convergence, StoreError>
  ) async throws(StoreError) -> Convergence {
    let result = await withTaskGroup(of: Result<Convergence, StoreError>?.self) { group in
      group.addTask { await work() }
      group.addTask {
        guard var promise else { return nil }
        while (try? await time.sleep(TimeSpan(seconds: 5))) != nil {
          promise.expiresAt = time.now() + AtomicApply.grace
          do throws(StoreError) { try await store.setAtomicApply(promise, in: environment) } catch {}
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
  /// The first thing that failed, for people; nil when nothing did.
  var firstFailure: String? {
    let failed = findings.sorted { $0.key < $1.key }.first { id, finding in
      finding.status.failures > 0
        || ["Guarded", "Invalid"].contains(finding.status.condition(.blocked)?.reason)
    }
    guard let (id, finding) = failed else { return nil }
    return finding.status.failures > 0 ? "\(id) failed" : "\(id) is not done"
  }

  /// Whether nothing is left to be begun.
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
