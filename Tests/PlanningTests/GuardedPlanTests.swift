import Model
import Planning
import Testing

/// The rules in whole plans: what is held, what goes on, how it is allowed.
@Suite struct GuardedPlanTests {
  private func id(_ text: String) -> ResourceID { ResourceID(text)! }

  @Test func holdsOnlyWhatARuleConcernsAndWhatNeedsIt() {
    var world = GuardWorlds.lastNode
    world.declare("Database/other")
    world.declare("Module/needy", uses: ["Node/gpu-1"])
    let plan = world.plan()
    #expect(plan["Node/gpu-1"]?.outcome == .blocked)
    #expect(plan["Node/gpu-1"]?.blockedBy.map(\.rule) == [.lastNode])
    #expect(plan["Module/needy"]?.waitingOn == "Node/gpu-1", "what needs it waits")
    #expect(plan["Database/other"]?.outcome == .create, "others go on")
    #expect(plan["Database/other"]?.waitingOn == nil)
  }

  @Test func aNodeMayGoWhereAnotherTakesItsWork() {
    var world = GuardWorlds.lastNode
    world.declare("Node/gpu-2", FakeSpec(fields: ["a": 1], offers: .node("gpu")))
    #expect(world.plan()["Node/gpu-1"]?.outcome == .update)
    world.hide("Node/gpu-2")
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked, "a node that cannot be seen takes no work")
  }

  @Test func twoLastNodesAreHeldBoth() {
    var world = GuardWorlds.lastNode
    world.hasApplied("Node/gpu-2", spec: FakeSpec(offers: .node("gpu")))
    // Enough others that the share of deletions is small.
    for index in 0..<10 { world.settle("Thing/t\(index)") }
    let plan = world.plan()
    #expect(plan["Node/gpu-1"]?.outcome == .blocked)
    #expect(
      plan["Node/gpu-2"]?.blockedBy.map(\.reason) == [.lastNode(modules: [id("Module/render")], loss: .leaves)])
    world.allowances = Allowances([Allowance(.lastNode, id("Node/gpu-2"))])
    #expect(world.plan()["Node/gpu-2"]?.outcome == .delete)
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked, "it was allowed for the other one only")
  }

  @Test func seesDependentsOutsideOfASmallScope() {
    var world = GuardWorlds.lastNode
    world.scope = [id("Node/gpu-1")]
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked)
  }

  @Test func anApprovalIsForExactlyThatDestruction() throws {
    var world = GuardWorlds.destruction
    let plan = world.plan()
    #expect(plan["Database/reports"]?.outcome == .blocked)
    #expect(plan["Thing/new"]?.outcome == .create)
    let approval = try #require(plan.approval(by: ["ada"]))
    world.allowances.approval = approval
    let approved = world.plan()
    #expect(approved["Database/reports"]?.outcome == .delete)
    #expect(approved["Database/reports"]?.allowed.map(\.rule) == [.destructive])
    #expect(approved.approval(by: ["ada"]) == approval, "the digest is the same before and after")
    var more = world
    more.hasApplied("Database/sales")
    #expect(more.plan()["Database/sales"]?.outcome == .blocked, "nobody approved that")
    #expect(more.plan().approval(by: ["ada"])?.plan != approval.plan)
    var other = world
    other.declare("Thing/newer")
    #expect(other.plan().approval(by: ["ada"])?.plan != approval.plan, "the manifests changed")
  }

  @Test func aScopedPassKeepsTheApprovalOfEachResource() {
    var world = GuardWorlds.destruction
    world.allowances.approval = world.plan().approval(by: ["ada"])
    world.scope = [id("Database/reports")]
    #expect(world.plan()["Database/reports"]?.outcome == .delete)
    world.allowances.approval = nil
    let reason = world.plan()["Database/reports"]?.waitingOn
    #expect(
      reason?.hasSuffix("look at ‘rendertrust plan’ and approve what it shows") == true, "\(reason ?? "")")
  }

  @Test func manifestsCannotTakeTheRequirementAway() {
    var world = GuardWorlds.destruction
    world.declare("Environment/dev", FakeSpec(fields: ["approvals": 0]))
    let plan = world.plan()
    #expect(plan["Environment/dev"]?.outcome == .blocked)
    #expect(plan["Database/reports"]?.outcome == .blocked)
    world.allowances.approval = plan.approval(by: ["ada"])
    #expect(world.plan()["Environment/dev"]?.outcome == .update)
    #expect(world.plan()["Database/reports"]?.outcome == .delete)
    world.desired[id("Environment/dev")] = nil
    world.allowances = Allowances()
    #expect(world.plan()["Environment/dev"]?.outcome == .blocked, "nor by leaving it out")
  }

  @Test func stricterRequirementsNeedNoApproval() {
    var world = GuardWorlds.destruction
    world.declare("Database/reports")
    world.declare(
      "Environment/dev",
      FakeSpec(fields: ["approvals": 2], requires: ApprovalRequirement(count: 2, from: ["role/approver"])))
    #expect(world.plan()["Environment/dev"]?.outcome == .update)
  }

  @Test func aFreshBackupLetsAServiceBeReplaced() {
    var world = GuardWorlds.statefulReplace
    #expect(world.plan()["Service/grafana"]?.outcome == .blocked)
    world.settle("BackupPolicy/volumes")
    world.desired[id("BackupPolicy/volumes")] = FakeWorld.resource(
      "BackupPolicy/volumes",
      FakeSpec(tells: [
        .backup(
          BackupFact(
            of: id("Service/grafana"), restorable: Timestamp(seconds: -600), limit: TimeSpan(seconds: 900)))
      ]))
    #expect(world.plan()["Service/grafana"]?.outcome == .replace)
  }

  @Test func aDatabaseAheadOfItsManifestHoldsWhatIsBuiltOnIt() {
    var world = GuardWorlds.downgrade
    let plan = world.plan()
    #expect(plan["Database/platform"]?.outcome == .blocked)
    #expect(plan["Database/platform"]?.steps.isEmpty == true)
    #expect(plan["PriceMap/packs"]?.waitingOn == "Database/platform")
    world.allowances = Allowances([Allowance(.schemaDowngrade)])
    #expect(world.plan()["Database/platform"]?.outcome == .unchanged)
    #expect(world.plan()["PriceMap/packs"]?.waitingOn == nil)
  }

  @Test func severalRulesHoldOneResource() {
    var world = GuardWorlds.destruction
    world.desired[id("Thing/new")] = nil
    for index in 0..<3 { world.desired[id("Thing/t\(index)")] = nil }
    let held = world.plan()["Database/reports"]?.blockedBy.map(\.rule)
    #expect(held == [.prune, .destructive])
    world.allowances = Allowances(prune: true)
    #expect(world.plan()["Database/reports"]?.blockedBy.map(\.rule) == [.destructive])
  }

  @Test func whatIsOnlyObservedOrPausedIsNotHeld() {
    for mode in [ReconcileMode.observe, .paused] {
      var world = GuardWorlds.statefulReplace
      let spec = world.desired[id("Service/grafana")]?.spec as? FakeSpec ?? FakeSpec()
      world.declare("Service/grafana", spec, mode: mode)
      #expect(world.plan()["Service/grafana"]?.outcome == (mode == .paused ? .paused : .drifted))
    }
  }
}

/// One world for each rule, in which it holds something.
enum GuardWorlds {
  static var lastNode: FakeWorld {
    var world = FakeWorld()
    world.hasApplied("Node/gpu-1", spec: FakeSpec(offers: .node("gpu")))
    world.declare(
      "Node/gpu-1", FakeSpec(fields: ["schedulable": .bool(false)], offers: .node("gpu", open: false)))
    world.settle("Node/cpu-1")
    world.desired[ResourceID("Module/render")!] = FakeWorld.resource(
      "Module/render", FakeSpec(tells: [.needsCompute(ComputeNeeds(labels: ["tier": "gpu"]))]))
    world.observations[ResourceID("Module/render")!] = .success(
      Observation(state: FakeState(), health: .ready))
    return world
  }

  static var destruction: FakeWorld {
    var world = FakeWorld()
    let environment = FakeSpec(requires: ApprovalRequirement(count: 1, from: ["role/approver"]))
    world.hasApplied("Environment/dev", spec: environment)
    world.declare("Environment/dev", environment)
    world.hasApplied("Database/reports")
    for index in 0..<3 { world.settle("Thing/t\(index)") }
    world.declare("Thing/new")
    return world
  }

  static var statefulReplace: FakeWorld {
    var world = FakeWorld()
    world.hasApplied("Service/grafana", FakeState(fields: ["image": 1]))
    world.declare("Service/grafana", FakeSpec(fields: ["image": 2], tells: [.risksData(volumes: ["data"])]))
    world.hasApplied("Service/web", FakeState(fields: ["image": 1]))
    world.declare("Service/web", FakeSpec(fields: ["image": 2]))
    return world
  }

  static var downgrade: FakeWorld {
    var world = FakeWorld()
    world.settle("Database/platform")
    world.declare("Database/platform", FakeSpec(tells: [.schema(applied: 4, declared: 3)]))
    world.declare("PriceMap/packs", uses: ["Database/platform"])
    return world
  }

  /// All of them together.
  static var all: FakeWorld {
    var world = destruction
    for other in [lastNode, statefulReplace, downgrade] {
      world.desired.merge(other.desired) { first, _ in first }
      world.inventory.merge(other.inventory) { first, _ in first }
      world.observations.merge(other.observations) { first, _ in first }
    }
    return world
  }
}
