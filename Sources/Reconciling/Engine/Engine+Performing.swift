package import Model
internal import Synchronization

extension Engine {
  /// What is known so far, told while other resources of the same pass are still worked on.
  package typealias SettledHandler =
    @Sendable ([ResourceID: ResourceFinding], [ResourceID: Executor.Result]) -> Void

  /// Executes what was prepared, looks again at what was touched, and records how everything is. What needs no step
  /// is recorded at once, and what is done about once a second, so that nobody waits for the slowest.
  /// - Parameters:
  ///   - control: through which a newer revision takes resources out of this pass.
  ///   - settled: told of each resource once, after it is recorded.
  package func perform(
    _ preparation: Preparation, allowances: Allowances = Allowances(), control: PassControl = PassControl(),
    settled: @escaping SettledHandler = { _, _ in }
  ) async throws(StoreError) -> PassReport {
    let plan = preparation.plan
    progress(.planned(plan))
    let executable = plan.resources.filter(\.isExecutable)
    let held = control.acquire(executable.lazy.map(\.id))
    let claimed = await tryClaiming(executable.filter { held.contains($0.id) }, preparation)
    control.release(held)
    let work = try claimed.get()
    var pass = Pass(allowances: allowances, control: control, settled: settled)
    let idle = plan.resources.filter { !$0.isExecutable }
    pass.add(try await conclude(idle, of: work, results: [:], pass))
    try await forgetGone(work, control)
    if !executable.isEmpty { try await execute(work, &pass) }
    return PassReport(plan: plan, results: pass.results, findings: pass.findings)
  }

  /// Takes what is going to be made into the inventory, but not what will not be begun: whatever is in the inventory can
  /// count on what it refers to being there too. Notes of what is going to be removed that it is no longer
  /// whole.
  private func tryClaiming(_ executable: [ResourcePlan], _ preparation: Preparation) async -> Result<
    Preparation, StoreError
  > {
    let plan = preparation.plan
    let skipped = ExecutionGraph(plan, isSatisfied: preparation.isSatisfied).skipped
    let claims = executable.filter { !$0.steps.isEmpty && skipped[$0.id] == nil }.compactMap(\.desired)
      .filter { preparation.inventory[$0.id]?.resource.digest != $0.digest }
      .map { $0.alsoReferring(like: preparation.inventory[$0.id]?.resource) }
    let removals = executable.lazy.filter { $0.desired == nil && !$0.steps.isEmpty }.map(\.id)
      .filter { preparation.inventory[$0]?.digest != nil }
    do throws(StoreError) {
      if !claims.isEmpty { try await store.claim(claims, in: plan.environment, revision: plan.revision) }
      if !removals.isEmpty {
        try await store.disclaim(Array(removals), in: plan.environment, revision: plan.revision)
      }
      return .success(claims.isEmpty ? preparation : preparation.claiming(claims))
    } catch {
      return .failure(error)
    }
  }

  /// What a pass has come to.
  struct Pass: Sendable {
    let allowances: Allowances
    let control: PassControl
    let settled: SettledHandler
    var results: [ResourceID: Executor.Result] = [:]
    var findings: [ResourceID: ResourceFinding] = [:]

    mutating func add(_ conclusion: Conclusion) {
      results.merge(conclusion.results) { _, new in new }
      findings.merge(conclusion.findings) { _, new in new }
    }
  }

  /// What became of some resources of a pass.
  struct Conclusion: Sendable {
    var results: [ResourceID: Executor.Result] = [:]
    var findings: [ResourceID: ResourceFinding] = [:]
  }

  private static let concludingInterval = TimeSpan(seconds: 1)

  private enum Signal: Sendable {
    case time, executed
    case concluded(Result<Conclusion, StoreError>)
  }

  /// Each kind is looked at by itself, so that one whose system does not answer keeps no other waiting.
  private func execute(_ work: Preparation, _ pass: inout Pass) async throws(StoreError) {
    let planned = Dictionary(uniqueKeysWithValues: work.plan.resources.map { ($0.id, $0) })
    let finished = FinishedResults()
    let (signals, feed) = AsyncStream<Signal>.makeStream()
    let name = nextPassName()
    let begun = pass
    var failure: StoreError?
    await withDiscardingTaskGroup { group in
      group.addTask {
        _ = await executor(pass: begun).execute(
          work.plan, subjects: work.subjects, in: work.context, pass: name, isSatisfied: work.isSatisfied
        ) { id, result in finished.add(id, result) }
        feed.yield(.executed)
      }
      group.addTask {
        while (try? await time.sleep(Engine.concludingInterval)) != nil { feed.yield(.time) }
      }
      var (isExecuted, concluding) = (false, 0)
      for await signal in signals {
        switch signal {
        case .time: break
        case .executed: isExecuted = true
        case .concluded(let result):
          concluding -= 1
          switch result {
          case .success(let conclusion): pass.add(conclusion)
          case .failure(let error): failure = failure ?? error
          }
        }
        for part in failure == nil ? finished.takeByKind() : [] {
          concluding += 1
          group.addTask {
            let resources = part.keys.sorted().compactMap { planned[$0] }
            feed.yield(.concluded(await tryConcluding(resources, of: work, results: part, begun)))
          }
        }
        if isExecuted && concluding == 0 { break }
      }
      group.cancelAll()
    }
    if let failure { throw failure }
  }

  private func tryConcluding(
    _ resources: [ResourcePlan], of work: Preparation, results: [ResourceID: Executor.Result], _ pass: Pass
  ) async -> Result<Conclusion, StoreError> {
    do throws(StoreError) {
      return .success(try await conclude(resources, of: work, results: results, pass))
    } catch {
      return .failure(error)
    }
  }

  /// Looks again at what was done, and records how these resources are.
  private func conclude(
    _ resources: [ResourcePlan], of work: Preparation, results: [ResourceID: Executor.Result], _ pass: Pass
  ) async throws(StoreError) -> Conclusion {
    guard !resources.isEmpty else { return Conclusion() }
    let (plan, environment) = (work.plan, work.plan.environment)
    let done = Set(results.filter { $0.value == .done }.keys)
    var verified: Preparation?
    if !done.isEmpty {
      verified = await look(
        at: work.desired, revision: plan.revision, inventory: work.inventory, scope: done,
        allowances: pass.allowances)
    }
    // Whoever a newer revision took away meanwhile is looked at by another pass.
    let held = pass.control.acquire(resources.lazy.map(\.id))
    let resources = resources.filter { held.contains($0.id) }
    let results = results.filter { held.contains($0.key) }
    defer { pass.control.finish(held) }
    let previous = try await store.statuses(of: environment, ids: held)
    let rules = StatusRules(now: time.now(), revision: plan.revision, backoff: backoff)
    let second = Dictionary(
      (verified?.plan.resources ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let leaving = resources.filter { $0.outcome == .delete && done.contains($0.id) }
    let absent = leaving.filter { plan in
      guard plan.steps.isEmpty, case .success(let seen)? = work.observations[plan.id] else { return false }
      return seen.state == nil
    }
    let moved = Set(resources.lazy.filter { work.isMoving($0) }.map(\.id))
    let unsettled = try await unsettled(
      moved.union(leaving.map(\.id)), foundAbsent: Set(absent.map(\.id)), environment)
    var changes = StatusChanges(revision: plan.revision)
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
      changes.note(
        finding, of: first, previous: previous[first.id], wasApplied: evidence.wasApplied,
        isKnown: entry != nil, mayStillChange: unsettled.contains(first.id))
    }
    if !changes.isEmpty { try await store.save(changes, in: environment) }
    for (id, finding) in findings where finding.status.failures > 0 { pass.control.noteFailure(of: id) }
    for event in changes.events { progress(.note(event)) }
    progress(.settled(findings.values.filter { !$0.isRemoved }.map(\.status).sorted { $0.id < $1.id }))
    pass.settled(findings, results)
    return Conclusion(results: results, findings: findings)
  }

  /// Which of those that leave may not be forgotten yet. A clock that was set back does not make that last for ever.
  /// - Parameter foundAbsent: those that were gone without having been deleted.
  private func unsettled(
    _ leaving: Set<ResourceID>, foundAbsent: Set<ResourceID>, _ environment: String
  ) async throws(StoreError) -> Set<ResourceID> {
    guard !leaving.isEmpty else { return [] }
    let (now, span) = (time.now(), Engine.settlingSpan)
    let window = now + TimeSpan(milliseconds: -span.milliseconds)...now + span
    var unsettled: Set<ResourceID> = []
    for (ids, countsDone) in [(leaving.subtracting(foundAbsent), false), (foundAbsent, true)]
    where !ids.isEmpty {
      unsettled.formUnion(
        try await store.unsettled(ids, in: environment, during: window, countingDone: countsDone))
    }
    return unsettled
  }

  /// Drops the status of what is neither desired nor in the inventory: it left before anything was done for it.
  private func forgetGone(_ work: Preparation, _ control: PassControl) async throws(StoreError) {
    let planned = Set(work.plan.resources.map(\.id))
    let environment = work.plan.environment
    let held = control.acquire((work.scope ?? []).subtracting(planned))
    defer { control.release(held) }
    let statuses =
      if work.scope != nil {
        try await store.statuses(of: environment, ids: held)
      } else {
        try await store.statuses(of: environment)
      }
    var changes = StatusChanges(revision: work.plan.revision)
    changes.removed = statuses.keys.filter { !planned.contains($0) }.sorted()
    if !changes.isEmpty { try await store.save(changes, in: environment) }
  }

  private func executor(pass: Pass) -> Executor {
    Executor(
      backends: backends, store: store, time: time, progress: progress, width: 64, gracefulStop: gracefulStop,
      control: pass.control, mayBegin: mayBegin)
  }
}

/// Results that the executor told and nobody has looked at yet.
private final class FinishedResults: Sendable {
  private let results = Mutex<[ResourceID: Executor.Result]>([:])
  func add(_ id: ResourceID, _ result: Executor.Result) { results.withLock { $0[id] = result } }
  /// In parts of one kind each, sorted by kind.
  func takeByKind() -> [[ResourceID: Executor.Result]] {
    let taken = results.withLock { results in
      defer { results = [:] }
      return results
    }
    return Dictionary(grouping: taken, by: \.key.kind).sorted { $0.key < $1.key }.map { part in
      Dictionary(part.value.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
  }
}

extension Engine.Preparation {
  /// Whether a resource stays and leaves something that it was built on.
  fileprivate func isMoving(_ plan: ResourcePlan) -> Bool {
    guard let desired = plan.desired, let entry = inventory[plan.id], entry.digest != desired.digest else {
      return false
    }
    return !Set(entry.resource.references.map(\.target)).isSubset(of: desired.references.map(\.target))
  }

  /// The same after these were taken into the inventory.
  fileprivate func claiming(_ resources: [AnyResource]) -> Engine.Preparation {
    var inventory = inventory
    for resource in resources {
      inventory[resource.id] = InventoryEntry(
        id: resource.id, digest: inventory[resource.id]?.digest, resource: resource)
    }
    return Engine.Preparation(
      plan: plan, desired: desired, scope: scope, inventory: inventory, observations: observations,
      subjects: subjects, context: context)
  }
}

extension StatusChanges {
  /// What is only observed never enters the inventory by itself: we did not make it, so we never remove it.
  fileprivate mutating func note(
    _ finding: ResourceFinding, of plan: ResourcePlan, previous: ResourceStatus?, wasApplied: Bool,
    isKnown: Bool, mayStillChange: Bool
  ) {
    events.append(contentsOf: finding.events)
    if finding.isRemoved {
      removed.append(plan.id)
      return
    }
    if finding.status != previous { statuses.append(finding.status) }
    // What may still take effect where it was before would be nobody's once that is forgotten.
    if finding.isApplied, !wasApplied, !mayStillChange, let desired = plan.desired,
      isKnown || desired.metadata.mode == .enforce
    {
      applied.append(desired)
    }
  }
}
