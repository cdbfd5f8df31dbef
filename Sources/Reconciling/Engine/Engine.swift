package import Model

/// One pass of the loop: observe, plan, execute, look again, record. Knows no timers; see `Controller` for those.
package struct Engine: Sendable {
  let backends: [String: AnyBackend]
  let planner: any PlanMaking
  package private(set) var store: any StateStore
  /// Whether a step may be begun now: not once the lease of its resource may have expired.
  private(set) var mayBegin: @Sendable (ResourceID) -> Bool = { _ in true }
  package let time: TimeSource
  /// Marks what this controller owns in the outside world.
  let owner: String
  let offers: OfferCache
  /// A name that no other pass of this or another controller has.
  let nextPassName: @Sendable () -> String
  package let gracefulStop: GracefulStop
  private(set) var progress: ProgressHandler
  let backoff = Backoff()

  package init(
    backends: [String: AnyBackend], planner: any PlanMaking, store: any StateStore, time: TimeSource,
    owner: String,
    offers: @escaping @Sendable ([AnyResource]) -> Offers, nextPassName: @escaping @Sendable () -> String,
    gracefulStop: GracefulStop = GracefulStop(), progress: @escaping ProgressHandler
  ) {
    self.backends = backends
    self.planner = planner
    self.store = store
    self.time = time
    self.owner = owner
    self.offers = OfferCache(offers)
    self.nextPassName = nextPassName
    self.gracefulStop = gracefulStop
    self.progress = progress
  }

  /// The same engine, for one pass of a replica that shares the environment: it writes under the replica's tokens only.
  package func bound(to fencingTokens: FencingTokens, of keeper: LeaseKeeper) -> Engine {
    var engine = self
    engine.store = store.fenced(by: fencingTokens)
    engine.mayBegin = { keeper.mayBegin($0, under: fencingTokens) }
    return engine
  }

  /// The same engine, which tells another what happens.
  package func reporting(to _ progress: @escaping ProgressHandler) -> Engine {
    var engine = self
    engine.progress = progress
    return engine
  }

  /// What was seen and what follows from it. Holds all that executing the plan needs.
  package struct Preparation: Sendable {
    package let plan: Plan
    let desired: DesiredState
    /// Nil: everything.
    let scope: Set<ResourceID>?
    /// The whole inventory, or at least what the scope needs of it.
    let inventory: [ResourceID: InventoryEntry]
    let observations: [ResourceID: Result<Observation, BackendError>]
    let subjects: [ResourceID: AnySubject]
    let context: ReconcileContext
  }

  /// Observes and plans, and writes nothing.
  /// - Parameters:
  ///   - revision: what `desired` is or would become; nil to find out from the store.
  ///   - scope: the resources to look at; nil for all that are desired or in the inventory.
  ///   - leaving: resources known to be in the inventory and no longer desired, so that a scoped pass need not read
  ///     the whole inventory; nil where that is not known.
  package func prepare(
    _ desired: DesiredState, revision: Int64? = nil, scope: Set<ResourceID>? = nil,
    allowances: Allowances = Allowances(), leaving: Set<ResourceID>? = nil
  ) async throws(StoreError) -> Preparation {
    let number: Int64
    if let revision {
      number = revision
    } else {
      let latest = try await store.latestRevision(of: desired.environment)
      number = latest.map { $0.manifestDigest == desired.digest ? $0.number : $0.number + 1 } ?? 1
    }
    guard scope == nil else {
      let inventory = try await inventory(for: desired, scope, leaving)
      return await look(
        at: desired, revision: number, inventory: inventory, scope: scope, allowances: allowances)
    }
    // The world is looked at while the inventory is read, on the assumption that what is desired is what was applied.
    // Where that turns out wrong, `look` looks again.
    async let assumed = observeAsApplied(desired)
    let inventory = try await store.inventory(of: desired.environment, knowing: desired.resources)
    return await look(
      at: desired, revision: number, inventory: inventory, scope: nil, allowances: allowances,
      assumed: await assumed)
  }

  /// What is there of the desired resources, if each was last applied as it is desired now or never.
  private func observeAsApplied(_ desired: DesiredState) async -> [ResourceID: Result<
    Observation, BackendError
  >] {
    let context = context(for: desired, leaving: [])
    let subjects = desired.resources.map { AnySubject(id: $0.id, desired: $0, lastApplied: $0) }
    return await observe(subjects, in: context)
  }

  /// Of the inventory what a pass needs. All of it as soon as something may be deleted: the guards count it, and what
  /// leaves waits for everything that was built on it.
  func inventory(for desired: DesiredState, _ scope: Set<ResourceID>?, _ leaving: Set<ResourceID>?)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    guard let scope, let leaving, scope.allSatisfy({ desired[$0] != nil }) else {
      return try await store.inventory(of: desired.environment, knowing: desired.resources)
    }
    // What the environment asked for before something may be destroyed counts until that is changed.
    var ids = scope.union(leaving).union([desired.environmentID])
    for id in scope { ids.formUnion(desired[id]?.references.map(\.target) ?? []) }
    return try await store.inventory(of: desired.environment, ids: ids, knowing: desired)
  }

  func look(
    at desired: DesiredState, revision: Int64, inventory: [ResourceID: InventoryEntry],
    scope: Set<ResourceID>?, allowances: Allowances,
    assumed: [ResourceID: Result<Observation, BackendError>] = [:]
  ) async -> Preparation {
    let subjects = subjects(of: desired, inventory, scope)
    let left =
      scope == nil
      ? subjects.values.filter { $0.desired == nil }.compactMap(\.lastApplied)
      : inventory.values.map(\.resource).filter { desired[$0.id] == nil }
    let leaving = left.sorted { $0.id < $1.id }
    let context = context(for: desired, leaving: leaving)
    progress(.observing(count: subjects.count))
    var observations = assumed
    // What was claimed and is not whole may still be built on what it was built on before.
    let unseen = subjects.values.filter { subject in
      assumed[subject.id] == nil
        || inventory[subject.id].map { $0.digest != subject.desired?.digest } ?? false
    }
    observations.merge(await observe(unseen, in: context)) { _, seen in seen }
    return decide(
      desired, revision, inventory, scope, allowances, subjects, observations: observations, context)
  }

  /// Plans from what was seen.
  func decide(
    _ desired: DesiredState, _ revision: Int64, _ inventory: [ResourceID: InventoryEntry],
    _ scope: Set<ResourceID>?, _ allowances: Allowances, _ subjects: [ResourceID: AnySubject],
    observations: [ResourceID: Result<Observation, BackendError>], _ context: ReconcileContext
  ) -> Preparation {
    let request = PlanRequest(
      revision: revision, desired: desired, inventory: inventory, observations: observations,
      surroundings: context, scope: scope, allowances: allowances)
    let plan = planner.plan(request)
    return Preparation(
      plan: scope == nil ? plan : plan.waitingBeyondScope(), desired: desired, scope: scope,
      inventory: inventory, observations: observations, subjects: subjects, context: context)
  }

  func context(for desired: DesiredState, leaving: [AnyResource]) -> ReconcileContext {
    ReconcileContext(
      environment: desired.environment, owner: owner, now: time.now(),
      allowsMockGPUs: desired.allowsMockGPUs, offers: offers.offers(of: desired, leaving: leaving))
  }

  func subjects(
    of desired: DesiredState, _ inventory: [ResourceID: InventoryEntry], _ scope: Set<ResourceID>?
  ) -> [ResourceID: AnySubject] {
    guard let scope else {
      var subjects: [ResourceID: AnySubject] = Dictionary(
        minimumCapacity: max(desired.resources.count, inventory.count))
      for resource in desired.resources {
        subjects[resource.id] = AnySubject(
          id: resource.id, desired: resource, lastApplied: inventory[resource.id]?.resource)
      }
      for (id, entry) in inventory where subjects[id] == nil {
        subjects[id] = AnySubject(id: id, desired: nil, lastApplied: entry.resource)
      }
      return subjects
    }
    var subjects: [ResourceID: AnySubject] = Dictionary(minimumCapacity: scope.count)
    for id in scope {
      let (wanted, applied) = (desired[id], inventory[id]?.resource)
      guard wanted != nil || applied != nil else { continue }
      subjects[id] = AnySubject(id: id, desired: wanted, lastApplied: applied)
    }
    return subjects
  }

  /// Asks each kind's backend once, all kinds at the same time. Paused resources are not looked at.
  func observe(_ subjects: [AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    guard !subjects.isEmpty else { return [:] }
    return await withTaskGroup(of: [ResourceID: Result<Observation, BackendError>].self) { group in
      for (backend, subjects) in questions(about: subjects) {
        group.addTask {
          await Observing(backend: backend, time: time, tell: tell).observe(subjects, in: context)
        }
      }
      var all: [ResourceID: Result<Observation, BackendError>] = Dictionary(minimumCapacity: subjects.count)
      for await observations in group { all.merge(observations) { first, _ in first } }
      return all
    }
  }

  /// Whom to ask about what, sorted by kind.
  func questions(about subjects: some Collection<AnySubject>) -> [(AnyBackend, [AnySubject])] {
    let looked = subjects.filter { $0.desired?.metadata.mode != .paused }
    let byKind = Dictionary(grouping: looked, by: \.id.kind).sorted { $0.key < $1.key }
    return byKind.compactMap { kind, subjects in backends[kind].map { ($0, subjects) } }
  }
}
