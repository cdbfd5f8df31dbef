package import Model

extension Engine {
  /// What `apply` did, over all its passes.
  package struct Convergence: Sendable {
    package let revision: Revision
    package let passes: [PassReport]

    /// The last finding of each resource.
    package var findings: [ResourceID: ResourceFinding] {
      passes.reduce(into: [:]) { all, pass in all.merge(pass.findings) { _, last in last } }
    }
  }

  /// Chains of resources that wait for what others do are short; more passes mean that two resources fight.
  private static let maxPasses = 10

  /// Records the desired state as a revision and executes what was prepared for it; goes on with what waited for
  /// something that is done now, as long as each pass gets further. What failed is not tried again here.
  /// - Parameter isAtomic: whether nothing new is begun once something has failed.
  package func converge(
    _ preparation: Preparation, by authorship: Authorship, allowances: Allowances, isAtomic: Bool = false
  ) async throws(StoreError) -> Convergence {
    let desired = preparation.desired
    _ = try await store.closeOpenIntents(in: desired.environment, at: time.now())
    let revision = try await store.record(desired, by: authorship, at: time.now())
    // Whatever was to go back before, these manifests are what is wanted now.
    if !isAtomic { try await store.setAtomicApply(nil, in: desired.environment) }
    try await recordAllowed(in: preparation.plan, revision: revision.number, by: authorship)
    func control() -> PassControl { PassControl(endsOnFailure: isAtomic) }
    var passes = [try await perform(preparation, allowances: allowances, control: control())]
    while let last = passes.last, last.mayGoOn, !gracefulStop.isRequested, passes.count < Engine.maxPasses {
      if isAtomic, passes.contains(where: \.hasFailures) { break }
      let next = try await prepare(
        desired, revision: revision.number, scope: last.waiting, allowances: allowances)
      passes.append(try await perform(next, allowances: allowances, control: control()))
    }
    return Convergence(revision: revision, passes: passes)
  }
}
