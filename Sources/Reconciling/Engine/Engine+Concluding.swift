internal import Model

extension Engine {
  /// The results and findings of some resources of a pass.
  struct Conclusion: Sendable {
    var results: [ResourceID: Executor.Result] = [:]
    var findings: [ResourceID: ResourceFinding] = [:]
  }

  func tryConcluding(
    _ resources: [ResourcePlan], of work: Preparation, results: [ResourceID: Executor.Result], _ pass: Pass
  ) async -> Result<Conclusion, StoreError> {
    do throws(StoreError) {
      return .success(try await conclude(resources, of: work, results: results, pass))
    } catch {
      return .failure(error)
    }
  }

  /// Observes again what was done, and records the status of these resources.
  func conclude(
    _ resources: [ResourcePlan], of work: Preparation, results: [ResourceID: Executor.Result], _ pass: Pass
  ) async throws(StoreError) -> Conclusion {
    guard !resources.isEmpty else { return Conclusion() }
    let environment = work.plan.environment
    let done = Set(results.filter { $0.value == .done }.keys)
    var verified: Preparation?
    if !done.isEmpty {
      verified = await observeAndPlan(
        work.desired, revision: work.plan.revision, inventory: work.inventory, scope: done,
        allowances: pass.allowances, work.context.ownership, moves: work.context.moves)
    }
    // Resources that a newer revision took out of the pass meanwhile belong to another pass.
    let acquired = pass.control.acquire(resources.lazy.map(\.id))
    let resources = resources.filter { acquired.contains($0.id) }
    let results = results.filter { acquired.contains($0.key) }
    defer { pass.control.finish(acquired) }
    let previous = try await store.statuses(of: environment, ids: acquired)
    let unsettled = try await unsettled(resources, of: work, done: done)
    let (findings, changes) = evaluate(resources, of: work, results, verified, unsettled, previous)
    if !changes.isEmpty { try await store.save(changes, in: environment) }
    for (id, finding) in findings where finding.status.failures > 0 { pass.control.noteFailure(of: id) }
    for event in changes.events { progress(.note(event)) }
    progress(.settled(findings.values.filter { !$0.isRemoved }.map(\.status).sorted { $0.id < $1.id }))
    pass.settled(findings, results)
    return Conclusion(results: results, findings: findings)
  }

  private func evaluate(
    _ resources: [ResourcePlan], of work: Preparation, _ results: [ResourceID: Executor.Result],
    _ verified: Preparation?, _ unsettled: Set<ResourceID>, _ previous: [ResourceID: ResourceStatus]
  ) -> ([ResourceID: ResourceFinding], StatusChanges) {
    let rules = StatusRules(now: time.now(), revision: work.plan.revision, backoff: backoff)
    let second = Dictionary(
      (verified?.plan.resources ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let claims = claims(in: work.context)
    var changes = StatusChanges(revision: work.plan.revision)
    var findings: [ResourceID: ResourceFinding] = [:]
    for first in resources {
      let observation =
        second[first.id] == nil ? work.observations[first.id] : verified?.observations[first.id]
      let entry = work.inventory[first.id]
      let evidence = StatusRules.Evidence(
        planned: first, result: results[first.id], verified: second[first.id],
        health: (try? observation?.get())?.health ?? .ready,
        wasApplied: first.desired.map { entry?.digest == $0.digest } ?? false,
        mayStillChange: unsettled.contains(first.id))
      let finding = rules.evaluate(evidence, previous: previous[first.id])
      findings[first.id] = finding
      if let identity = (try? observation?.get())?.identity, (second[first.id] ?? first).isInOrder,
        identity != work.context.identities[first.id]
      {
        changes.identities[first.id] = identity
      }
      changes.note(finding, of: first, evidence, previous: previous[first.id], isKnown: entry != nil)
    }
    for resource in changes.applied { changes.claims[resource.id] = claims(resource) }
    return (findings, changes)
  }

  /// The resources that must not be forgotten yet, because a step may still take effect.
  private func unsettled(
    _ resources: [ResourcePlan], of work: Preparation, done: Set<ResourceID>
  ) async throws(StoreError) -> Set<ResourceID> {
    let moved = Set(resources.lazy.filter { work.isMoving($0) }.map(\.id))
    let leaving = resources.filter { $0.outcome == .delete && done.contains($0.id) }
    // Those that disappeared without having been deleted.
    let absent = Set(
      leaving.lazy.filter { plan in
        guard plan.steps.isEmpty, case .success(let observed)? = work.observations[plan.id] else {
          return false
        }
        return observed.state == nil
      }.map(\.id))
    let candidates = moved.union(leaving.map(\.id))
    guard !candidates.isEmpty else { return [] }
    let (now, span) = (time.now(), Engine.settlingSpan)
    // Bounded on both sides, so that a clock that was set back does not keep resources for ever.
    let window = now + TimeSpan(milliseconds: -span.milliseconds)...now + span
    var unsettled: Set<ResourceID> = []
    for (ids, countsDone) in [(candidates.subtracting(absent), false), (absent, true)] where !ids.isEmpty {
      unsettled.formUnion(
        try await store.unsettled(
          ids, in: work.plan.environment, during: window, countingDone: countsDone))
    }
    return unsettled
  }

  /// Deletes the status of resources that are neither desired nor in the inventory: they left the manifests
  /// before anything was done for them.
  func forgetAbsent(_ work: Preparation, _ control: PassControl) async throws(StoreError) {
    let planned = Set(work.plan.resources.map(\.id))
    let environment = work.plan.environment
    let acquired = control.acquire((work.scope ?? []).subtracting(planned))
    defer { control.release(acquired) }
    let statuses =
      if work.scope != nil {
        try await store.statuses(of: environment, ids: acquired)
      } else {
        try await store.statuses(of: environment)
      }
    var changes = StatusChanges(revision: work.plan.revision)
    changes.removed = statuses.keys.filter { !planned.contains($0) }.sorted()
    if !changes.isEmpty { try await store.save(changes, in: environment) }
  }
}

extension Engine.Preparation {
  /// Whether a resource stays and no longer references something that it was built on.
  fileprivate func isMoving(_ plan: ResourcePlan) -> Bool {
    guard let desired = plan.desired, let entry = inventory[plan.id], entry.digest != desired.digest else {
      return false
    }
    return !Set(entry.resource.references.map(\.target)).isSubset(of: desired.references.map(\.target))
  }
}

extension ResourcePlan {
  /// Whether what was observed is what the resource is to have, or may become it: no guard found that its
  /// data is missing.
  fileprivate var isInOrder: Bool {
    switch outcome {
    case .unchanged, .create, .update, .replace, .run, .waiting: true
    case .delete, .drifted, .paused, .blocked, .unknown, .invalid: false
    }
  }
}

extension StatusChanges {
  /// Adds the changes of one resource. A resource that is only observed does not enter the inventory: the
  /// controller did not create it, so it must never remove it.
  /// - Parameter isKnown: Whether the resource is in the inventory.
  fileprivate mutating func note(
    _ finding: ResourceFinding, of plan: ResourcePlan, _ evidence: StatusRules.Evidence,
    previous: ResourceStatus?, isKnown: Bool
  ) {
    events.append(contentsOf: finding.events)
    if finding.isRemoved {
      removed.append(plan.id)
      return
    }
    if finding.status != previous { statuses.append(finding.status) }
    // The inventory keeps the former references while a step may still take effect there: nothing else leads
    // to it.
    if finding.isApplied, !evidence.wasApplied, !evidence.mayStillChange, let desired = plan.desired,
      isKnown || desired.metadata.mode == .enforce
    {
      applied.append(desired)
    }
  }
}
