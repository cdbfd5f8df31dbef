package import Model

extension Engine {
  /// The result of an `apply` over all its passes.
  package struct Convergence: Sendable {
    package let revision: Revision
    package let passes: [PassReport]

    /// The last finding of each resource.
    package var findings: [ResourceID: ResourceFinding] {
      passes.reduce(into: [:]) { all, pass in all.merge(pass.findings) { _, last in last } }
    }

    /// The last result of each resource that had steps.
    package var results: [ResourceID: Executor.Result] {
      passes.reduce(into: [:]) { all, pass in
        for id in pass.findings.keys { all[id] = pass.results[id] ?? all[id] }
      }
    }
  }

  /// Chains of resources that wait for each other are short. More passes mean that two resources undo each
  /// other's changes.
  private static let maxPasses = 10

  /// Records the desired state as a revision and executes a preparation for it. Runs further passes for
  /// resources that waited for something that is done now, as long as each pass makes progress. Does not
  /// retry what failed.
  /// - Parameters:
  ///   - isAtomic: Whether no step starts after one has failed.
  ///   - admits: Whether a further pass may execute its plan. The first plan that it refuses ends the passes.
  package func converge(
    _ preparation: Preparation, by authorship: Authorship, allowances: Allowances, isAtomic: Bool = false,
    admitting admits: (Plan) -> Bool = { _ in true }
  ) async throws(StoreError) -> Convergence {
    let desired = preparation.desired
    _ = try await store.closeOpenIntents(in: desired.environment, at: time.now())
    let revision = try await recordRevision(desired, by: authorship)
    // These manifests replace an atomic apply that was to be rolled back.
    if !isAtomic { try await store.setAtomicApply(nil, in: desired.environment) }
    try await recordAllowed(in: preparation.plan, revision: revision.number, by: authorship)
    func control() -> PassControl { PassControl(endsOnFailure: isAtomic) }
    var passes = [try await perform(preparation, allowances: allowances, control: control())]
    while let last = passes.last, last.canContinue, !gracefulStop.isRequested, passes.count < Engine.maxPasses
    {
      if isAtomic, passes.contains(where: \.hasFailures) { break }
      let next = try await prepare(
        desired, revision: revision.number, scope: last.waiting, allowances: allowances)
      guard admits(next.plan) else { break }
      passes.append(try await perform(next, allowances: allowances, control: control()))
    }
    return Convergence(revision: revision, passes: passes)
  }
}
