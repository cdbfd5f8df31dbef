package import Model

/// One pass of the loop: observe, plan, execute, look again, record. Knows no timers; see `Controller` for those.
package struct Engine: Sendable {
  let backends: [String: AnyBackend]
  let planner: any PlanMaking
  package let store: any StateStore
  package let time: TimeSource
  /// Marks what this controller owns in the outside world.
  let owner: String
  /// What resources offer to each other, from their specs alone.
  let offers: @Sendable ([AnyResource]) -> Offers
  /// A name that no other pass of this or another controller has.
  let nextPassName: @Sendable () -> String
  package let drain: Drain
  let progress: ProgressHandler
  let backoff = Backoff()

  package init(
    backends: [String: AnyBackend], planner: any PlanMaking, store: any StateStore, time: TimeSource,
    owner: String,
    offers: @escaping @Sendable ([AnyResource]) -> Offers, nextPassName: @escaping @Sendable () -> String,
    drain: Drain = Drain(), progress: @escaping ProgressHandler
  ) {
    self.backends = backends
    self.planner = planner
    self.store = store
    self.time = time
    self.owner = owner
    self.offers = offers
    self.nextPassName = nextPassName
    self.drain = drain
    self.progress = progress
  }

  /// What was seen and what follows from it. Holds all that executing the plan needs.
  package struct Preparation: Sendable {
    package let plan: Plan
    let desired: DesiredState
    let inventory: [ResourceID: InventoryEntry]
    let observations: [ResourceID: Result<Observation, BackendError>]
    let subjects: [ResourceID: AnySubject]
    let context: ReconcileContext
  }

  /// Observes and plans, and writes nothing.
  /// - Parameters:
  ///   - revision: what `desired` is or would become; nil to find out from the store.
  ///   - scope: the resources to look at; nil for all that are desired or in the inventory.
  package func prepare(
    _ desired: DesiredState, revision: Int64? = nil, scope: Set<ResourceID>? = nil,
    allowances: Allowances = Allowances()
  ) async throws(StoreError) -> Preparation {
    let number: Int64
    if let revision {
      number = revision
    } else {
      let latest = try await store.latestRevision(of: desired.environment)
      number = latest.map { $0.manifestDigest == desired.digest ? $0.number : $0.number + 1 } ?? 1
    }
    let inventory = try await store.inventory(of: desired.environment, knowing: desired.resources)
    return await look(
      at: desired, revision: number, inventory: inventory, scope: scope, allowances: allowances)
  }

  private func look(
    at desired: DesiredState, revision: Int64, inventory: [ResourceID: InventoryEntry],
    scope: Set<ResourceID>?,
    allowances: Allowances
  ) async -> Preparation {
    let context = context(for: desired, inventory)
    let subjects = subjects(of: desired, inventory, scope)
    progress(.observing(count: subjects.count))
    let observations = await observe(subjects, in: context)
    let request = PlanRequest(
      revision: revision, desired: desired, inventory: inventory, observations: observations,
      surroundings: context, scope: scope, allowances: allowances)
    return Preparation(
      plan: planner.plan(request), desired: desired, inventory: inventory, observations: observations,
      subjects: subjects, context: context)
  }

  /// Executes what was prepared, looks again at what was touched, and records how everything is.
  package func perform(_ preparation: Preparation, allowances: Allowances = Allowances())
    async throws(StoreError)
    -> PassReport
  {
    let plan = preparation.plan
    progress(.planned(plan))
    let claims = plan.resources.filter { $0.isExecutable && !$0.steps.isEmpty }.compactMap(\.desired)
    if !claims.isEmpty { try await store.claim(claims, in: plan.environment, revision: plan.revision) }
    let results = await executor.execute(
      plan, subjects: preparation.subjects, in: preparation.context, pass: nextPassName(),
      isSatisfied: { id in
        guard let resource = preparation.desired[id] else { return true }
        return preparation.inventory[id]?.digest == resource.digest
      })
    var touched: [ResourceID: InventoryEntry] = preparation.inventory
    for resource in claims {
      touched[resource.id] = InventoryEntry(
        id: resource.id, digest: preparation.inventory[resource.id]?.digest, resource: resource)
    }
    let executed = Set(results.filter { $0.value == .done }.keys)
    var verified: Preparation?
    if !executed.isEmpty {
      verified = await look(
        at: preparation.desired, revision: plan.revision, inventory: touched, scope: executed,
        allowances: allowances)
    }
    return try await conclude(preparation, results: results, verified: verified)
  }

  private func conclude(
    _ preparation: Preparation, results: [ResourceID: Executor.Result], verified: Preparation?
  ) async throws(StoreError) -> PassReport {
    let environment = preparation.plan.environment
    let previous = try await store.statuses(of: environment)
    let rules = StatusRules(now: time.now(), revision: preparation.plan.revision, backoff: backoff)
    let second = Dictionary(
      (verified?.plan.resources ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var changes = StatusChanges(revision: preparation.plan.revision)
    var findings: [ResourceID: ResourceFinding] = [:]
    for first in preparation.plan.resources {
      let observation =
        second[first.id] == nil ? preparation.observations[first.id] : verified?.observations[first.id]
      let evidence = StatusRules.Evidence(
        planned: first, result: results[first.id], verified: second[first.id],
        health: (try? observation?.get())?.health ?? .ready,
        wasApplied: first.desired.map { preparation.inventory[first.id]?.digest == $0.digest } ?? false)
      let finding = rules.judge(evidence, previous: previous[first.id])
      findings[first.id] = finding
      changes.events.append(contentsOf: finding.events)
      if finding.isRemoved {
        changes.removed.append(first.id)
      } else {
        if finding.status != previous[first.id] { changes.statuses.append(finding.status) }
        if finding.isApplied, let desired = first.desired, !evidence.wasApplied {
          changes.applied.append(desired)
        }
      }
    }
    if !changes.isEmpty { try await store.save(changes, in: environment) }
    for event in changes.events { progress(.note(event)) }
    progress(.settled(findings.values.filter { !$0.isRemoved }.map(\.status).sorted { $0.id < $1.id }))
    return PassReport(plan: preparation.plan, results: results, findings: findings)
  }

  private var executor: Executor {
    Executor(backends: backends, store: store, time: time, progress: progress, width: 64, drain: drain)
  }

  private func context(for desired: DesiredState, _ inventory: [ResourceID: InventoryEntry])
    -> ReconcileContext
  {
    let leaving = inventory.values.map(\.resource).filter { desired[$0.id] == nil }
    return ReconcileContext(
      environment: desired.environment, owner: owner, now: time.now(), allowsMockGPUs: desired.allowsMockGPUs,
      offers: offers(leaving + desired.resources))
  }

  private func subjects(
    of desired: DesiredState, _ inventory: [ResourceID: InventoryEntry], _ scope: Set<ResourceID>?
  ) -> [ResourceID: AnySubject] {
    var subjects: [ResourceID: AnySubject] = Dictionary(minimumCapacity: desired.resources.count)
    for resource in desired.resources where scope?.contains(resource.id) ?? true {
      subjects[resource.id] = AnySubject(
        id: resource.id, desired: resource, lastApplied: inventory[resource.id]?.resource)
    }
    for (id, entry) in inventory where subjects[id] == nil && (scope?.contains(id) ?? true) {
      guard desired[id] == nil else { continue }
      subjects[id] = AnySubject(id: id, desired: nil, lastApplied: entry.resource)
    }
    return subjects
  }

  /// Asks each kind's backend once, all kinds at the same time. Paused resources are not looked at.
  private func observe(_ subjects: [ResourceID: AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    let looked = subjects.values.filter { $0.desired?.metadata.mode != .paused }
    let byKind = Dictionary(grouping: looked, by: \.id.kind)
    return await withTaskGroup(of: [ResourceID: Result<Observation, BackendError>].self) { group in
      for (kind, subjects) in byKind {
        guard let backend = backends[kind] else { continue }
        group.addTask { await backend.observe(subjects.sorted { $0.id < $1.id }, context) }
      }
      var all: [ResourceID: Result<Observation, BackendError>] = Dictionary(minimumCapacity: subjects.count)
      for await observations in group { all.merge(observations) { first, _ in first } }
      return all
    }
  }
}

/// What one pass did and found.
package struct PassReport: Sendable {
  package let plan: Plan
  package let results: [ResourceID: Executor.Result]
  package let findings: [ResourceID: ResourceFinding]

  /// Whether another pass could get further: something was done, and something waits without having failed.
  package var mayGoOn: Bool {
    results.values.contains(.done) && !waiting.isEmpty
  }

  /// Resources that were neither done nor failed.
  package var waiting: Set<ResourceID> {
    Set(
      plan.resources.filter { resource in
        switch resource.outcome {
        case .waiting, .unknown: true
        default: false
        }
      }.map(\.id))
  }
}
