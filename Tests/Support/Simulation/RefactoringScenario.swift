import ContainerFakes
import ContainerSupport
import KindSupport
import Manifests
import Model
import Planning
import RandomSupport
import Reconciling
import ReconcilingSupport
import RefactoringSupport
import Synchronization

/// The course of a refactoring in a world.
struct RefactoringScenario: Sendable {
  let world: World
  let refactoring: Refactoring
  let outcome: SeedRun.Outcome

  private var before: DeclaredState { refactoring.before }

  func play() async {
    do throws(StoreError) {
      let neighbor = RefactoringScenario.neighbor
      try await applyCompletely(neighbor)
      try await applyCompletely(before)
      guard outcome.problems.isEmpty else { return }
      for state in [neighbor, before] { fill(state) }
      for description in refactoring.descriptions { world.log(description) }
      switch refactoring.environmentChange {
      case nil: try await change(to: refactoring.after)
      case .rename(let name): try await renameEnvironment(to: name)
      case .copy(let name): try await copyEnvironment(to: name)
      }
      check(neighbor, mark: neighbor.environment)
      outcome.add(world.foreignDamage)
      let plan = try await plan(neighbor)
      outcome.add(changes(of: plan).map { "the other environment changed: \($0)" })
    } catch {
      outcome.add(["the store failed: \(error)"])
    }
    if !outcome.problems.isEmpty {
      outcome.add(["the refactoring was: \(refactoring.descriptions.joined(separator: "; "))"])
    }
  }

  /// A second environment of the same state, which no refactoring concerns.
  private static let neighbor: DeclaredState = {
    var state = DeclaredState(environment: "next")
    var database = DeclaredResource("Database", "next")
    database.data["rows"] = "next rows"
    var service = DeclaredResource("Service", "web")
    service.spec.volumes["data"] = "/data"
    service.data["volume.data"] = "next volume"
    for resource in [DeclaredResource("Environment", "next"), database, service] {
      state[resource.id] = resource
    }
    return state
  }()

  // MARK: Changes

  /// Applies a refactoring that must take effect or be refused.
  private func change(to after: DeclaredState) async throws(StoreError) {
    let plan = try await plan(after)
    if let refusal = refactoring.refusal {
      check(refusal, in: plan)
      if refusal.reason != .renameWithoutFormerName { _ = try await apply(after, Allowances()) }
      check(before, mark: World.environment)
      try await applyCompletely(before)
      return check(before, mark: World.environment)
    }
    let asked = plan.resources.flatMap(\.blockedBy)
    for finding in asked where !refactoring.mayAsk.contains(finding.rule) {
      outcome.add(["\(finding.resource) is blocked by \(finding.rule.rawValue): \(finding.reason)"])
    }
    let destroyed = Set(
      plan.resources.filter { $0.steps.contains { $0.risk == .destructive } }.map(\.id))
    if destroyed != refactoring.destroys {
      outcome.add(["\(destroyed.sorted()) is destroyed instead of \(refactoring.destroys.sorted())"])
    }
    guard outcome.problems.isEmpty else { return }
    let allowances = Allowances(Set(asked.map { Allowance($0.rule, $0.resource) }))
    try await applyCompletely(after, allowances)
    check(after, mark: World.environment)
    outcome.add(strays(in: after))
    outcome.add(try await wrongHoldings(in: after))
  }

  private func renameEnvironment(to name: String) async throws(StoreError) {
    let after = refactoring.after.named(name)
    let databases = before.all.filter { $0.id.kind == "Database" }.map(\.databaseName)
    let declared = after.all.filter { databases.contains($0.databaseName) && $0.id.kind == "Database" }
    check(Refusal(.environmentWithAnotherName, declared.map(\.id)), in: try await plan(after))
    check(before, mark: World.environment)
    try await world.store.renameEnvironment(World.environment, to: name)
    world.systems.server.change {
      $0.environments[name] = $0.environments.removeValue(forKey: World.environment)
    }
    try await change(to: after)
  }

  private func copyEnvironment(to name: String) async throws(StoreError) {
    var copy = before.named(name)
    // Resources of the kind `Fake` are those of all environments.
    for fake in copy.all where fake.id.kind == "Fake" { copy[fake.id] = nil }
    let databases = before.all.filter { $0.id.kind == "Database" }.map(\.id)
    check(Refusal(.copiedEnvironment, databases), in: try await plan(copy))
    // `apply` refuses the plan as a whole; `up` applies the rest of it.
    if world.scenarioRandom.percent(60) { _ = try await apply(copy, Allowances()) }
    check(before, mark: World.environment)
    let nothing = DesiredState(environment: name, allowsMockGPUs: true, resources: [])
    let everything = Allowances(Set(GuardRule.allCases.map { Allowance($0) }))
    _ = try await apply(nothing, everything)
    check(before, mark: World.environment)
    outcome.add(changes(of: try await plan(before)).map { "destroying the copy left changes: \($0)" })
    outcome.add(strays(in: before))
    for container in world.systems.engines.flatMap(\.observations) where container.labels.environment == name
    {
      outcome.add(["\(container.name) of the copy was left behind"])
    }
  }

  /// Checks that each resource of the refusal is not planned, with a reason that names a place.
  private func check(_ refusal: Refusal, in plan: Plan) {
    for id in refusal.resources {
      guard let resource = plan.resources.first(where: { $0.id == id }) else {
        outcome.add(["\(id) is not in the plan that must be refused"])
        continue
      }
      let problem: String? =
        switch refusal.reason {
        case .databaseDeclaresAnotherName, .ledgerInAnotherDatabase, .schedulerInAnotherDatabase:
          resource.outcome == .invalid && resource.location != nil
            && resource.waitingOn?.contains("\(id)") == true ? nil : "is not refused at its place"
        case .renameWithoutFormerName:
          resource.steps.contains { $0.risk == .destructive } || resource.outcome == .waiting
            ? nil : "is not shown as destroyed"
        case .environmentWithAnotherName, .copiedEnvironment:
          resource.blockedBy.contains { finding in
            if case .owned(let conflict, let field) = finding.reason {
              conflict.relation == .environment && !field.isEmpty
            } else {
              false
            }
          } ? nil : "is not blocked by its owner"
        }
      if let problem {
        outcome.add(["\(refusal.reason): \(id) \(problem): \(RefactoringScenario.text(of: resource))"])
      }
    }
  }

  // MARK: Plans

  private func engine(_ name: String) -> (SimulatedPlatform, Engine) {
    let process = SimulatedProcess(name, world.process)
    world.processes.withLock { $0[name] = process }
    let platform = SimulatedPlatform(world, process)
    let world = world
    return (platform, platform.engine { Program.record($0, world, process) })
  }

  private func plan(_ state: DeclaredState) async throws(StoreError) -> Plan {
    let (platform, engine) = engine("plan")
    guard let desired = desired(state, platform) else { return RefactoringScenario.noPlan(state) }
    return try await engine.prepare(desired).plan
  }

  private func apply(_ state: DeclaredState, _ allowances: Allowances) async throws(StoreError)
    -> Engine.Convergence?
  {
    guard let desired = desired(state, engine("load").0) else { return nil }
    return try await apply(desired, allowances)
  }

  private func apply(_ desired: DesiredState, _ allowances: Allowances) async throws(StoreError)
    -> Engine.Convergence?
  {
    let engine = engine("apply").1
    let preparation = try await engine.prepare(desired, allowances: allowances)
    return try await engine.converge(
      preparation, by: Program.authorship("apply"), allowances: allowances)
  }

  /// Applies once. Then every resource must be ready and the next plan empty.
  private func applyCompletely(_ state: DeclaredState, _ allowances: Allowances = Allowances())
    async throws(StoreError)
  {
    let convergence = try await apply(state, allowances)
    for (id, finding) in (convergence?.findings ?? [:]).sorted(by: { $0.key < $1.key })
    where !finding.status.isReady && state[id] != nil {
      outcome.add(["\(id) is not ready after one apply: \(Checks.text(of: finding.status))"])
    }
    outcome.add(changes(of: try await plan(state)).map { "after one apply: \($0)" })
  }

  /// What there is to apply. A resource without steps that is only forgotten does not count, nor does
  /// maintenance, which may be due at any time.
  private func changes(of plan: Plan) -> [String] {
    guard plan.hasWork else { return [] }
    return plan.resources.filter { resource in
      resource.outcome != .unchanged
        && !(resource.outcome == .delete && resource.steps.isEmpty)
        && (resource.steps.isEmpty || !resource.steps.allSatisfy { $0.action == .maintain })
    }.map { RefactoringScenario.text(of: $0) }
  }

  private static func text(of resource: ResourcePlan) -> String {
    "\(resource.id) \(resource.outcome.rawValue) \(resource.waitingOn ?? "") "
      + resource.steps.map { "\($0.summary) (\($0.reason))" }.joined(separator: "; ")
  }

  private static func noPlan(_ state: DeclaredState) -> Plan {
    Plan(environment: state.environment, revision: 0, manifestDigest: Digest(of: ""), resources: [])
  }

  /// The manifests as they are loaded from text, with the resources of the kind that has none.
  private func desired(_ state: DeclaredState, _ platform: SimulatedPlatform) -> DesiredState? {
    let text = state.text { kind in "\(PinnedImage.sample(kind.lowercased()).pullReference)" }
    let loaded = ManifestLoader(kinds: platform.kinds.schemas).load(text: text, name: "all.yaml")
    guard let desired = loaded.desired else {
      outcome.add(["the manifests cannot be loaded: \(loaded.diagnostics.rendered(color: false))"])
      return nil
    }
    let fakes = state.all.filter { $0.id.kind == "Fake" }.map { fake in
      let spec = FakeSpec(fake.spec.number, needs: fake.spec.needs)
      let metadata = Metadata()
      return AnyResource(
        id: fake.id, metadata: metadata, spec: spec,
        references: spec.needs.map { Reference(target: $0, path: "spec", location: nil) }, location: nil,
        digest: metadata.digest(with: spec.value))
    }
    return DesiredState(
      environment: desired.environment, allowsMockGPUs: desired.allowsMockGPUs,
      resources: desired.resources + fakes)
  }
}
