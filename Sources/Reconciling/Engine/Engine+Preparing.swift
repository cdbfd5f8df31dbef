package import Model

extension Engine {
  /// Observations and the plan that follows from them. Holds everything that executing the plan needs.
  package struct Preparation: Sendable {
    package let plan: Plan
    let desired: DesiredState
    /// The resources of the pass; nil for all.
    let scope: Set<ResourceID>?
    /// The whole inventory, or at least the part that the scope needs.
    let inventory: [ResourceID: InventoryEntry]
    /// The result for each resource. Paused resources are not observed.
    package let observations: [ResourceID: Result<Observation, BackendError>]
    let subjects: [ResourceID: AnySubject]
    package let context: ReconcileContext

    /// The resources in the inventory, as last applied.
    package var appliedResources: [ResourceID: AnyResource] { inventory.mapValues(\.resource) }
  }

  /// Observes and plans, and writes nothing.
  /// - Parameters:
  ///   - revision: The number that `desired` has or would get; nil to read it from the store.
  ///   - scope: The resources to observe; nil for all that are desired or in the inventory.
  ///   - leaving: The resources that are in the inventory and no longer desired, so that a scoped pass need
  ///     not read the whole inventory; nil when not known.
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
    let ownership = try await store.ownership()
    guard scope == nil else {
      let inventory = try await inventory(for: desired, scope, leaving)
      return await observeAndPlan(
        desired, revision: number, inventory: inventory, scope: scope, allowances: allowances, ownership)
    }
    // Observes while the inventory is read, on the assumption that each resource was applied as it is
    // desired. `observeAndPlan` repeats the observation of resources for which that is wrong.
    async let assumed = observeAsApplied(desired, ownership)
    let inventory = try await store.inventory(of: desired.environment, knowing: desired.resources)
    return await observeAndPlan(
      desired, revision: number, inventory: inventory, scope: nil, allowances: allowances, ownership,
      assumed: await assumed)
  }

  /// Observes the desired resources, assuming that each was last applied as it is desired now, or never.
  private func observeAsApplied(
    _ desired: DesiredState, _ ownership: Ownership
  ) async -> [ResourceID: Result<Observation, BackendError>] {
    let context = context(for: desired, leaving: [], ownership, Moves())
    let subjects = desired.resources.map { AnySubject(id: $0.id, desired: $0, lastApplied: $0) }
    return await observe(subjects, in: context)
  }

  /// The part of the inventory that a pass needs. All of it as soon as something may be deleted: the guards
  /// count it, and a leaving resource waits for everything that was built on it.
  func inventory(for desired: DesiredState, _ scope: Set<ResourceID>?, _ leaving: Set<ResourceID>?)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    guard let scope, let leaving, scope.allSatisfy({ desired[$0] != nil }) else {
      return try await store.inventory(of: desired.environment, knowing: desired.resources)
    }
    // The approvals that the environment required when it was last applied stay in force until they are
    // changed.
    var ids = scope.union(leaving).union([desired.environmentID])
    for id in scope { ids.formUnion(desired[id]?.references.map(\.target) ?? []) }
    return try await store.inventory(of: desired.environment, ids: ids, knowing: desired)
  }

  /// - Parameters:
  ///   - moves: The moves of the pass; nil to find them.
  ///   - assumed: Observations from before the inventory was known.
  func observeAndPlan(
    _ desired: DesiredState, revision: Int64, inventory: [ResourceID: InventoryEntry],
    scope: Set<ResourceID>?, allowances: Allowances, _ ownership: Ownership, moves: Moves? = nil,
    assumed: [ResourceID: Result<Observation, BackendError>] = [:]
  ) async -> Preparation {
    let leaving = leaving(desired, inventory)
    let moves = moves ?? self.moves(to: desired, inventory, leaving, scope, ownership)
    let subjects = subjects(of: desired, inventory, scope, moves)
    let context = context(for: desired, leaving: leaving, ownership, moves)
    progress(.observing(count: subjects.count))
    var observations = assumed
    // A resource that was claimed and not applied completely may still be built on what it was built on
    // before. A new resource may be built on a renamed one, which the assumption does not know.
    let unobserved = subjects.values.filter { subject in
      assumed[subject.id] == nil || subject.movedFrom != nil
        || (!moves.isEmpty && inventory[subject.id] == nil)
        || inventory[subject.id].map { $0.digest != subject.desired?.digest } ?? false
    }
    observations.merge(await observe(unobserved, in: context)) { _, new in new }
    return plan(
      desired, revision, inventory, scope, allowances, subjects, observations: observations, context)
  }

  /// Plans from observations.
  func plan(
    _ desired: DesiredState, _ revision: Int64, _ inventory: [ResourceID: InventoryEntry],
    _ scope: Set<ResourceID>?, _ allowances: Allowances, _ subjects: [ResourceID: AnySubject],
    observations: [ResourceID: Result<Observation, BackendError>], _ context: ReconcileContext
  ) -> Preparation {
    let request = PlanRequest(
      revision: revision, desired: desired, inventory: inventory, observations: observations,
      reconcile: context, scope: scope, allowances: allowances, claims: claims(in: context))
    let plan = planner.plan(request)
    return Preparation(
      plan: scope == nil ? plan : plan.waitingBeyondScope(), desired: desired, scope: scope,
      inventory: inventory, observations: observations, subjects: subjects, context: context)
  }

  func context(
    for desired: DesiredState, leaving: [AnyResource], _ ownership: Ownership, _ moves: Moves
  ) -> ReconcileContext {
    ReconcileContext(
      environment: desired.environment, owner: owner, now: time.now(),
      allowsMockGPUs: desired.allowsMockGPUs, offers: offers.offers(of: desired, leaving: leaving),
      environmentMark: ownership.mark(of: desired.environment), holdings: ownership.holdings, moves: moves,
      identities: ownership.identities[desired.environment] ?? [:])
  }

  /// The resources of the inventory that are no longer desired, sorted by id.
  func leaving(_ desired: DesiredState, _ inventory: [ResourceID: InventoryEntry]) -> [AnyResource] {
    if inventory.count * 8 > desired.resources.count {
      let known = desired.resources.count { inventory.index(forKey: $0.id) != nil }
      guard known < inventory.count else { return [] }
    }
    return inventory.values.map(\.resource).filter { desired[$0.id] == nil }.sorted { $0.id < $1.id }
  }

  func claims(in context: ReconcileContext) -> @Sendable (AnyResource) -> [ThingClaim] {
    let (rules, context) = (ownershipRules, context.claims)
    return { rules.claims($0, context) }
  }

  func moves(
    to desired: DesiredState, _ inventory: [ResourceID: InventoryEntry], _ leaving: [AnyResource],
    _ scope: Set<ResourceID>?, _ ownership: Ownership
  ) -> Moves {
    let context = context(for: desired, leaving: leaving, ownership, Moves())
    func moves(in context: ReconcileContext) -> Moves {
      MoveSearch(
        desired: desired, inventory: inventory, leaving: leaving, scope: scope,
        holdings: ownership.holdings, movableKinds: ownershipRules.movableKinds, claims: claims(in: context)
      ).moves()
    }
    let first = moves(in: context)
    // What is in a database that gets another name is found under the former name.
    guard let offers = context.offers.beforeRenames(first) else { return first }
    return moves(
      in: ReconcileContext(
        environment: context.environment, owner: context.owner, now: context.now,
        allowsMockGPUs: context.allowsMockGPUs, offers: offers, environmentMark: context.environmentMark,
        holdings: context.holdings))
  }

  func subjects(
    of desired: DesiredState, _ inventory: [ResourceID: InventoryEntry], _ scope: Set<ResourceID>?,
    _ moves: Moves
  ) -> [ResourceID: AnySubject] {
    func subject(_ id: ResourceID, _ wanted: AnyResource?) -> AnySubject {
      AnySubject(
        id: id, desired: wanted, lastApplied: inventory[id]?.resource,
        movedFrom: moves.move(to: id).flatMap { inventory[$0.from]?.resource })
    }
    guard let scope else {
      var subjects: [ResourceID: AnySubject] = Dictionary(
        minimumCapacity: max(desired.resources.count, inventory.count))
      for resource in desired.resources { subjects[resource.id] = subject(resource.id, resource) }
      for id in inventory.keys where subjects[id] == nil { subjects[id] = subject(id, nil) }
      return subjects
    }
    var subjects: [ResourceID: AnySubject] = Dictionary(minimumCapacity: scope.count)
    for id in scope where desired[id] != nil || inventory[id] != nil {
      subjects[id] = subject(id, desired[id])
    }
    return subjects
  }

  /// Calls the backend of each kind once, all kinds at the same time. Paused resources are not observed.
  func observe(_ subjects: [AnySubject], in context: ReconcileContext) async
    -> [ResourceID: Result<Observation, BackendError>]
  {
    guard !subjects.isEmpty else { return [:] }
    return await withTaskGroup(of: [ResourceID: Result<Observation, BackendError>].self) { group in
      for (call, subjects) in observationCalls(for: subjects) {
        group.addTask { await call.observe(subjects, in: context) }
      }
      var all: [ResourceID: Result<Observation, BackendError>] = Dictionary(minimumCapacity: subjects.count)
      for await observations in group { all.merge(observations) { first, _ in first } }
      return all
    }
  }

  /// One call for each kind, with its subjects; sorted by kind.
  func observationCalls(for subjects: some Collection<AnySubject>) -> [(ObservationCall, [AnySubject])] {
    let observed = subjects.filter { $0.desired?.metadata.mode != .paused }
    let byKind = Dictionary(grouping: observed, by: \.id.kind).sorted { $0.key < $1.key }
    return byKind.compactMap { kind, subjects in
      backends[kind].map { (ObservationCall(backend: $0, time: time, report: report), subjects) }
    }
  }
}
