import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Environments and resources that declare the same things. A fake resource owns the database of its number.
@Suite(.timeLimit(.minutes(1))) struct OwnershipTests {
  private static let rules = OwnershipRules(movableKinds: ["Fake"]) { resource, _ in
    guard let spec = resource.spec as? FakeSpec else { return [] }
    return [ThingClaim(database(spec.number), field: "spec.number", role: "database", holdsData: true)]
  }

  private static func database(_ number: Int) -> Thing { .database(.embedded(database: "db\(number)")) }

  private static func desired(_ environment: String, _ resources: AnyResource...) -> DesiredState {
    DesiredState(environment: environment, allowsMockGPUs: true, resources: resources)
  }

  private func holders(_ simulation: Simulation) async throws -> [String] {
    try await simulation.store.ownership().holdings.all.map {
      "\($0.thing.name ?? "") \($0.environment) \($0.resource.name)"
    }
  }

  @Test("Destroying a second environment leaves the things of the first")
  func secondEnvironment() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("prod", .fake("shop", 1)))
    let before = simulation.world.things
    let second = try await simulation.apply(Self.desired("stg", .fake("shop", 1), .fake("own", 2)))
    #expect(second.passes.last?.plan.resources.first { $0.id.name == "shop" }?.outcome == .blocked)
    #expect(simulation.world.things[.fake("own")] != nil, "the rest of the environment is applied")
    #expect(try await holders(simulation) == ["db1 prod shop", "db2 stg own"])
    try await simulation.apply(Self.desired("stg"), allowances: Allowances([Allowance(.prune)]))
    #expect(simulation.world.things == before)
    #expect(try await holders(simulation) == ["db1 prod shop"])
    try await simulation.apply(Self.desired("prod"), allowances: Allowances([Allowance(.prune)]))
    #expect(simulation.world.things.isEmpty)
    #expect(try await holders(simulation) == [])
  }

  @Test("Two environments that plan the same at the same time: one claims, the other changes nothing")
  func race() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    let first = try await simulation.engine.prepare(Self.desired("prod", .fake("shop", 1)))
    let second = try await simulation.engine.prepare(Self.desired("stg", .fake("shop", 1)))
    _ = try await simulation.engine.perform(first)
    let count = simulation.world.applyCount("shop")
    let error = await #expect(throws: StoreError.self) { _ = try await simulation.engine.perform(second) }
    #expect(error?.qualifiedCode == "ownership.conflict")
    #expect(simulation.world.applyCount("shop") == count)
    #expect(try await simulation.store.inventory(of: "stg", knowing: []).isEmpty)
  }

  @Test("A renamed resource takes over, and one apply is enough")
  func rename() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1), .fake("x", 5), .fake("y", 6)))
    let renamed = Self.desired("dev", .fake("new", 1), .fake("x", 5), .fake("y", 6))
    let plan = try await simulation.engine.prepare(renamed).plan
    #expect(plan.resources.first { $0.id.name == "new" }?.handover == .movedFrom(.fake("old")))
    #expect(plan.resources.first { $0.id.name == "old" }?.handover == .movedTo(.fake("new")))
    try await simulation.apply(renamed)
    #expect(simulation.world.things[.fake("old")] != nil, "nothing is deleted")
    #expect(try await holders(simulation) == ["db1 dev new", "db5 dev x", "db6 dev y"])
    let again = try await simulation.engine.prepare(renamed)
    #expect(!again.plan.hasChanges)
    let back = try await simulation.engine.prepare(
      Self.desired("dev", .fake("old", 1), .fake("x", 5), .fake("y", 6)))
    #expect(back.plan.resources.first { $0.id.name == "old" }?.handover == .movedFrom(.fake("new")))
  }

  @Test("A rename that stops after the claim goes on")
  func interruptedRename() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1)))
    simulation.world.inject(.applyBeforeEffect, into: "new")
    let renamed = Self.desired("dev", .fake("new", 1))
    try await simulation.apply(renamed)
    #expect(try await holders(simulation) == ["db1 dev new"])
    #expect(try await simulation.store.inventory(of: "dev", knowing: [])[.fake("old")] != nil)
    simulation.world.heal("new")
    try await simulation.apply(renamed)
    #expect(Array(try await simulation.store.inventory(of: "dev", knowing: []).keys) == [.fake("new")])
    #expect(simulation.world.things[.fake("old")] != nil)
  }

  @Test("A rename that stops after the claim can be undone", arguments: [true, false])
  func undoneRename(_ hasEffect: Bool) async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    let original = Self.desired("dev", .fake("old", 1), .fake("x", 5), .fake("y", 6))
    try await simulation.apply(original)
    simulation.world.inject(hasEffect ? .applyAfterEffect : .applyBeforeEffect, into: "new")
    try await simulation.apply(Self.desired("dev", .fake("new", 1), .fake("x", 5), .fake("y", 6)))
    #expect(try await holders(simulation) == ["db1 dev new", "db5 dev x", "db6 dev y"])
    simulation.world.heal("new")
    let plan = try await simulation.engine.prepare(original).plan
    #expect(plan.resources.first { $0.id.name == "new" }?.handover == .movedTo(.fake("old")))
    try await simulation.apply(original)
    #expect(try await holders(simulation) == ["db1 dev old", "db5 dev x", "db6 dev y"])
    // What is not there is observed for a while before it is forgotten.
    let left = try await simulation.store.inventory(of: "dev", knowing: [])[.fake("new")]
    #expect((left == nil) == hasEffect)
    #expect(simulation.world.applyCount("old") == 1, "nothing was deleted or created again")
  }

  @Test("The rollback of an atomic apply keeps data that the failed revision did not create")
  func atomicRollback() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("x", 5)))
    // The thing exists already, so that the resource adopts it.
    simulation.world.put("adopted", 3)
    simulation.world.inject(.applyBeforeEffect, into: "z")
    let failing = Self.desired(
      "dev", .fake("x", 5), .fake("adopted", 4), .fake("created", 7),
      .fake("z", 8, needs: ["adopted", "created"]))
    let report = try await simulation.engine.convergeAtomically(
      try await simulation.engine.prepare(failing), by: Simulation.authorship, allowances: Allowances())
    guard case .rolledBack = report.end else {
      Issue.record("it was not rolled back")
      return
    }
    #expect(Set(simulation.world.things.keys.map(\.name)) == ["x", "adopted"])
    // What is not there is observed for a while before it is forgotten.
    #expect(try await holders(simulation) == ["db4 dev adopted", "db5 dev x", "db8 dev z"])
    let newest = try await simulation.store.latestRevision(of: "dev")
    let kept = try await simulation.store.desiredState(of: "dev", at: newest?.number ?? 0)
    #expect(kept?.resources.map(\.id.name) == ["adopted", "x"])
  }

  @Test("A copy in another environment is not a rename")
  func copyInOtherEnvironment() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1)))
    let plan = try await simulation.engine.prepare(Self.desired("stg", .fake("new", 1))).plan
    #expect(plan.resources.map(\.outcome) == [.blocked])
    #expect(plan.resources.first?.handover == nil)
  }

  @Test("Two resources that exchange their things keep both")
  func exchange() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("a", 1), .fake("b", 2)))
    let exchanged = Self.desired("dev", .fake("a", 2), .fake("b", 1))
    let plan = try await simulation.engine.prepare(exchanged).plan
    #expect(plan.resources.map(\.handover) == [.movedFrom(.fake("b")), .movedFrom(.fake("a"))])
    try await simulation.apply(exchanged)
    #expect(try await holders(simulation) == ["db1 dev b", "db2 dev a"])
    let taken = try await simulation.engine.prepare(Self.desired("dev", .fake("a", 1), .fake("b", 1)))
    #expect(taken.plan.resources.first { $0.id.name == "a" }?.outcome == .blocked)
  }

  @Test("What only shares a part without data is no rename")
  func sharedPart() async throws {
    let rules = OwnershipRules(movableKinds: ["Fake"]) { resource, _ in
      guard let spec = resource.spec as? FakeSpec else { return [] }
      return [
        ThingClaim(Self.database(spec.number), field: "spec.number", role: "database", holdsData: true),
        ThingClaim(.role("app", on: .embedded), field: "spec.roles", role: "role.app"),
      ]
    }
    let simulation = Simulation(ownershipRules: rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1)))
    let plan = try await simulation.engine.prepare(
      Self.desired("dev", .fake("new", 2)), allowances: Allowances([Allowance(.prune)])
    ).plan
    #expect(plan.resources.map(\.handover) == [nil, nil])
    #expect(plan.resources.first { $0.id.name == "new" }?.outcome == .create)
  }

  @Test("A port shows a rename only where the former resource has no volume", arguments: [false, true])
  func sharedPort(hasVolume: Bool) async throws {
    let port = HostPort(address: .loopback4, port: 9150)
    let rules = OwnershipRules(movableKinds: ["Fake"]) { resource, _ in
      let ports = [ThingClaim(.hostPort(port, on: .local), field: "spec.ports[0]", role: "port")]
      let volume = ThingClaim(
        .volume("\(resource.id.name)-data", on: .local), field: "spec.volumes.data", role: "volume.data")
      return ports + (hasVolume ? [volume] : [])
    }
    let simulation = Simulation(ownershipRules: rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1)))
    let plan = try await simulation.engine.prepare(Self.desired("dev", .fake("new", 2))).plan
    let isMoved = plan.resources.contains { $0.handover != nil }
    #expect(isMoved == !hasVolume, "\(plan.resources.map(\.handover))")
  }

  @Test("Two candidates for one thing are no rename")
  func ambiguous() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    try await simulation.apply(Self.desired("dev", .fake("old", 1)))
    let plan = try await simulation.engine.prepare(Self.desired("dev", .fake("n1", 1), .fake("n2", 1))).plan
    #expect(plan.resources.filter { $0.desired != nil }.allSatisfy { $0.outcome == .blocked })
  }

  @Test("Of two resources that declare one thing, the first gets it and the other one never holds it")
  func declaredTwice() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    let report = try await simulation.apply(Self.desired("dev", .fake("b", 1), .fake("a", 1)))
    #expect(report.passes.last?.plan.resources.map(\.outcome) == [.create, .blocked])
    #expect(try await holders(simulation) == ["db1 dev a"])
    try await simulation.apply(Self.desired("dev", .fake("b", 1)))
    #expect(try await holders(simulation) == ["db1 dev b"], "it follows the resource that stays")
    try await simulation.apply(Self.desired("dev"), allowances: Allowances([Allowance(.prune)]))
    #expect(try await holders(simulation) == [])
  }

  /// A fake resource owns the role of its number, which holds no data.
  private static let roles = OwnershipRules { resource, _ in
    guard let spec = resource.spec as? FakeSpec else { return [] }
    return [ThingClaim(.role("r\(spec.number)", on: .embedded), field: "spec.number", role: "role")]
  }

  @Test("A resource that takes something from one that leaves comes after it")
  func takesFromLeaving() async throws {
    let simulation = Simulation(ownershipRules: Self.roles)
    try await simulation.apply(Self.desired("dev", .fake("z", 1), .fake("x", 2), .fake("y", 3)))
    let desired = Self.desired("dev", .fake("a", 1), .fake("x", 2), .fake("y", 3))
    let blocked = try await simulation.engine.prepare(desired).plan
    #expect(blocked.resources.first { $0.id == .fake("z") }?.outcome == .blocked, "the prune guard")
    let waiting = blocked.resources.first { $0.id == .fake("a") }
    #expect(waiting?.outcome == .waiting && waiting?.waitsFor == [.fake("z")])
    let allowed = try await simulation.engine.prepare(desired, allowances: Allowances([Allowance(.prune)]))
    let order = allowed.plan.resources.map(\.id.name)
    #expect(try #require(order.firstIndex(of: "z")) < #require(order.firstIndex(of: "a")))
    #expect(allowed.plan.resources.first { $0.id == .fake("a") }?.dependsOn == [.fake("z")])
  }

  @Test(
    "A resource waits while the one that has the thing keeps it", arguments: [ReconcileMode.paused, .observe])
  func waitsForHolder(_ mode: ReconcileMode) async throws {
    let simulation = Simulation(ownershipRules: Self.roles)
    try await simulation.apply(Self.desired("dev", .fake("b", 1)))
    let desired = Self.desired("dev", .fake("a", 1), .fake("b", 2, mode: mode))
    let plan = try await simulation.engine.prepare(desired).plan
    let waiting = plan.resources.first { $0.id == .fake("a") }
    #expect(waiting?.outcome == .waiting && waiting?.waitsFor == [.fake("b")])
    try await simulation.apply(desired)
    #expect(simulation.world.things[.fake("a")] == nil)
  }

  @Test("Two replicas that plan at the same time never claim one thing for two resources")
  func racingReplicas() async throws {
    let simulation = Simulation(ownershipRules: Self.rules)
    let desired = Self.desired("dev", .fake("a", 1), .fake("b", 1))
    let first = try await simulation.engine.prepare(desired, scope: [.fake("a")])
    let second = try await simulation.engine.prepare(desired, scope: [.fake("b")])
    _ = try await simulation.engine.perform(first)
    let error = await #expect(throws: StoreError.self) { _ = try await simulation.engine.perform(second) }
    #expect(error?.qualifiedCode == "ownership.changed")
    #expect(simulation.world.applyCount("b") == 0)
    let again = try await simulation.engine.prepare(desired, scope: [.fake("b")])
    #expect(again.plan.resources.map(\.outcome) == [.blocked])
  }

  @Test("An environment never gets the mark of a renamed one")
  func marks() {
    let ownership = Ownership(marks: ["h2": "h1", "x": "h1-2"])
    #expect(ownership.mark(of: "h2") == "h1")
    #expect(ownership.mark(of: "h1") == "h1-3")
    #expect(ownership.mark(of: "dev") == "dev")
  }
}
