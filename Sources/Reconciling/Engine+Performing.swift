package import Model
internal import Synchronization

extension Engine {
  /// What is known so far, told while other resources of the same pass are still worked on.
  package typealias SettledHandler =
    @Sendable ([ResourceID: ResourceFinding], [ResourceID: Executor.Result]) -> Void

  /// Executes what was prepared, looks again at what was touched, and records how everything is. What needs no step
  /// is recorded at once, and what is done about once a second, so that nobody waits for the slowest.
  /// - Parameter settled: told of each resource once, after it is recorded.
  package func perform(
    _ preparation: Preparation, allowances: Allowances = Allowances(),
    settled: @escaping SettledHandler = { _, _ in }
  ) async throws(StoreError) -> PassReport {
    let plan = preparation.plan
    progress(.planned(plan))
    var work = preparation
    let executable = plan.resources.filter(\.isExecutable)
    let claims = executable.filter { !$0.steps.isEmpty }.compactMap(\.desired)
      .filter { preparation.inventory[$0.id]?.resource.digest != $0.digest }
      .map { $0.alsoReferring(like: preparation.inventory[$0.id]?.resource) }
    if !claims.isEmpty {
      try await store.claim(claims, in: plan.environment, revision: plan.revision)
      work = preparation.claiming(claims)
    }
    let removals = executable.lazy.filter { $0.desired == nil && !$0.steps.isEmpty }.map(\.id)
      .filter { preparation.inventory[$0]?.digest != nil }
    if !removals.isEmpty { try await store.disclaim(Array(removals), in: plan.environment) }
    var pass = Pass(allowances: allowances, settled: settled)
    let idle = plan.resources.filter { !$0.isExecutable }
    try await conclude(idle, of: work, results: [:], &pass)
    try await forgetGone(work)
    if !executable.isEmpty { try await execute(work, &pass) }
    return PassReport(plan: plan, results: pass.results, findings: pass.findings)
  }

  /// What a pass has come to.
  struct Pass: Sendable {
    let allowances: Allowances
    let settled: SettledHandler
    var results: [ResourceID: Executor.Result] = [:]
    var findings: [ResourceID: ResourceFinding] = [:]
  }

  private static let concludingInterval = TimeSpan(seconds: 1)

  private func execute(_ work: Preparation, _ pass: inout Pass) async throws(StoreError) {
    let planned = Dictionary(uniqueKeysWithValues: work.plan.resources.map { ($0.id, $0) })
    let finished = FinishedResults()
    let (signals, feed) = AsyncStream<Bool>.makeStream()
    let name = nextPassName()
    var failure: StoreError?
    await withDiscardingTaskGroup { group in
      group.addTask {
        _ = await executor.execute(
          work.plan, subjects: work.subjects, in: work.context, pass: name, isSatisfied: work.isSatisfied
        ) { id, result in finished.add(id, result) }
        feed.yield(true)
      }
      group.addTask {
        while (try? await time.sleep(Engine.concludingInterval)) != nil { feed.yield(false) }
      }
      for await isEnd in signals {
        let results = finished.take()
        if failure == nil, !results.isEmpty {
          do throws(StoreError) {
            try await conclude(
              results.keys.sorted().compactMap { planned[$0] }, of: work, results: results, &pass)
          } catch {
            failure = error
          }
        }
        if isEnd { break }
      }
      group.cancelAll()
    }
    if let failure { throw failure }
  }

  /// Looks again at what was done, and records how these resources are.
  private func conclude(
    _ resources: [ResourcePlan], of work: Preparation, results: [ResourceID: Executor.Result],
    _ pass: inout Pass
  ) async throws(StoreError) {
    guard !resources.isEmpty else { return }
    let (plan, environment) = (work.plan, work.plan.environment)
    let done = Set(results.filter { $0.value == .done }.keys)
    var verified: Preparation?
    if !done.isEmpty {
      verified = await look(
        at: work.desired, revision: plan.revision, inventory: work.inventory, scope: done,
        allowances: pass.allowances)
    }
    let previous = try await store.statuses(of: environment, ids: Set(resources.map(\.id)))
    let rules = StatusRules(now: time.now(), revision: plan.revision, backoff: backoff)
    let second = Dictionary(
      (verified?.plan.resources ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var changes = StatusChanges(revision: plan.revision)
    var findings: [ResourceID: ResourceFinding] = [:]
    for first in resources {
      let observation =
        second[first.id] == nil ? work.observations[first.id] : verified?.observations[first.id]
      let entry = work.inventory[first.id]
      let evidence = StatusRules.Evidence(
        planned: first, result: results[first.id], verified: second[first.id],
        health: (try? observation?.get())?.health ?? .ready,
        wasApplied: first.desired.map { entry?.digest == $0.digest } ?? false)
      let finding = rules.judge(evidence, previous: previous[first.id])
      findings[first.id] = finding
      changes.note(
        finding, of: first, previous: previous[first.id], wasApplied: evidence.wasApplied,
        isKnown: entry != nil)
    }
    if !changes.isEmpty { try await store.save(changes, in: environment) }
    pass.results.merge(results) { _, new in new }
    pass.findings.merge(findings) { _, new in new }
    for event in changes.events { progress(.note(event)) }
    progress(.settled(findings.values.filter { !$0.isRemoved }.map(\.status).sorted { $0.id < $1.id }))
    pass.settled(findings, results)
  }

  /// Drops the status of what is neither desired nor in the inventory: it left before anything was done for it.
  private func forgetGone(_ work: Preparation) async throws(StoreError) {
    let planned = Set(work.plan.resources.map(\.id))
    let environment = work.plan.environment
    let statuses =
      if let scope = work.scope {
        try await store.statuses(of: environment, ids: scope.subtracting(planned))
      } else {
        try await store.statuses(of: environment)
      }
    var changes = StatusChanges(revision: work.plan.revision)
    changes.removed = statuses.keys.filter { !planned.contains($0) }.sorted()
    if !changes.isEmpty { try await store.save(changes, in: environment) }
  }

  private var executor: Executor {
    Executor(backends: backends, store: store, time: time, progress: progress, width: 64, drain: drain)
  }
}

/// Results that the executor told and nobody has looked at yet.
private final class FinishedResults: Sendable {
  private let results = Mutex<[ResourceID: Executor.Result]>([:])
  func add(_ id: ResourceID, _ result: Executor.Result) { results.withLock { $0[id] = result } }
  func take() -> [ResourceID: Executor.Result] {
    results.withLock { results in
      defer { results = [:] }
      return results
    }
  }
}

extension Engine.Preparation {
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
    isKnown: Bool
  ) {
    events.append(contentsOf: finding.events)
    if finding.isRemoved {
      removed.append(plan.id)
      return
    }
    if finding.status != previous { statuses.append(finding.status) }
    if finding.isApplied, !wasApplied, let desired = plan.desired,
      isKnown || desired.metadata.mode == .enforce
    {
      applied.append(desired)
    }
  }
}
