import Model
import Planning
import Testing

/// The guards in whole plans: what they block, what continues, and how it is allowed.
@Suite struct GuardedPlanTests {
  private func id(_ text: String) -> ResourceID { ResourceID(text)! }

  @Test("A rule blocks the resources that it concerns and their dependents")
  func ruleBlocksResourceAndDependents() {
    var world = GuardWorlds.lastNode
    world.declare("Database/other")
    world.declare("Module/needy", uses: ["Node/gpu-1"])
    let plan = world.plan()
    #expect(plan["Node/gpu-1"]?.outcome == .blocked)
    #expect(plan["Node/gpu-1"]?.blockedBy.map(\.rule) == [.lastNode])
    #expect(plan["Module/needy"]?.waitingOn == "Node/gpu-1", "a dependent resource waits")
    #expect(plan["Database/other"]?.outcome == .create, "other resources continue")
    #expect(plan["Database/other"]?.waitingOn == nil)
  }

  @Test("A node may leave when another node can run its modules")
  func nodeMayLeaveWhenAnotherCanRunItsModules() {
    var world = GuardWorlds.lastNode
    world.declare("Node/gpu-2", FakeSpec(fields: ["a": 1], offers: .node("gpu")))
    #expect(world.plan()["Node/gpu-1"]?.outcome == .update)
    world.hide("Node/gpu-2")
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked, "a node that is not observed takes no work")
  }

  @Test("Two last nodes are both blocked")
  func twoLastNodesAreBlocked() {
    var world = GuardWorlds.lastNode
    world.hasApplied("Node/gpu-2", spec: FakeSpec(offers: .node("gpu")))
    // Enough other resources that the share of deletions is small.
    for index in 0..<10 { world.settle("Thing/t\(index)") }
    let plan = world.plan()
    #expect(plan["Node/gpu-1"]?.outcome == .blocked)
    #expect(
      plan["Node/gpu-2"]?.blockedBy.map(\.reason) == [
        .lastNode(modules: [id("Module/render")], loss: .leaves)
      ])
    world.allowances = Allowances([Allowance(.lastNode, id("Node/gpu-2"))])
    #expect(world.plan()["Node/gpu-2"]?.outcome == .delete)
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked, "only the other node was allowed")
  }

  @Test("A scoped plan considers modules outside of its scope")
  func scopedPlanConsidersOutsideModules() {
    var world = GuardWorlds.lastNode
    world.scope = [id("Node/gpu-1")]
    #expect(world.plan()["Node/gpu-1"]?.outcome == .blocked)
  }

  @Test("An approval covers exactly the approved steps")
  func approvalCoversExactSteps() throws {
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
    #expect(more.plan()["Database/sales"]?.outcome == .blocked, "this deletion was not approved")
    #expect(more.plan().approval(by: ["ada"])?.plan != approval.plan)
    var other = world
    other.declare("Thing/newer")
    #expect(other.plan().approval(by: ["ada"])?.plan != approval.plan, "the manifests changed")
  }

  @Test("The destructive steps of a plan are those that would run, each with a digest of its own")
  func destructiveSteps() {
    var world = GuardWorlds.destruction
    #expect(world.plan().destructiveSteps.isEmpty, "a blocked step destroys nothing")
    world.allowances.approval = world.plan().approval(by: ["ada"])
    let steps = world.plan().destructiveSteps
    #expect(steps.map(\.resource) == [id("Database/reports")])
    // Another world, without a requirement, in which another database leaves too.
    world = PlanningWorld()
    for index in 0..<8 { world.settle("Thing/t\(index)") }
    world.declare("Thing/newer")
    world.hasApplied("Database/reports")
    world.hasApplied("Database/sales")
    let more = world.plan().destructiveSteps
    #expect(more.map(\.resource).sorted() == [id("Database/reports"), id("Database/sales")])
    #expect(Set(more.map(\.digest)).count == 2)
    #expect(more.contains { $0.digest == steps.first?.digest }, "other manifests do not change a step")
    #expect(steps.first.flatMap { DestructiveStep($0.value) } == steps.first)
  }

  @Test("A scoped plan keeps the approval of each resource")
  func scopedPlanKeepsApprovals() {
    var world = GuardWorlds.destruction
    world.allowances.approval = world.plan().approval(by: ["ada"])
    world.scope = [id("Database/reports")]
    #expect(world.plan()["Database/reports"]?.outcome == .delete)
    world.allowances.approval = nil
    let reason = world.plan()["Database/reports"]?.waitingOn
    #expect(
      reason?.hasSuffix("look at ‘rendertrust plan’ and approve what it shows") == true, "\(reason ?? "")")
  }

  @Test("Manifests cannot remove the required approval")
  func manifestsCannotRemoveTheRequirement() {
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
    #expect(
      world.plan()["Environment/dev"]?.outcome == .blocked, "removing the environment does not lift it either"
    )
  }

  @Test("A stricter requirement needs no approval")
  func stricterRequirementNeedsNoApproval() {
    var world = GuardWorlds.destruction
    world.declare("Database/reports")
    world.declare(
      "Environment/dev",
      FakeSpec(fields: ["approvals": 2], requires: ApprovalRequirement(count: 2, from: ["role/approver"])))
    #expect(world.plan()["Environment/dev"]?.outcome == .update)
  }

  @Test("A fresh backup allows the replacement of a service")
  func freshBackupAllowsReplacement() {
    var world = GuardWorlds.statefulReplace
    #expect(world.plan()["Service/grafana"]?.outcome == .blocked)
    world.settle("BackupPolicy/volumes")
    world.desired[id("BackupPolicy/volumes")] = PlanningWorld.resource(
      "BackupPolicy/volumes",
      FakeSpec(facts: [
        .backup(
          BackupFact(
            of: id("Service/grafana"), restorable: Timestamp(seconds: -600), limit: TimeSpan(seconds: 900)))
      ]))
    #expect(world.plan()["Service/grafana"]?.outcome == .replace)
  }

  @Test("A database with a newer schema blocks its dependents")
  func newerSchemaBlocksDependents() {
    var world = GuardWorlds.downgrade
    let plan = world.plan()
    #expect(plan["Database/platform"]?.outcome == .blocked)
    #expect(plan["Database/platform"]?.steps.isEmpty == true)
    #expect(plan["PriceMap/packs"]?.waitingOn == "Database/platform")
    world.allowances = Allowances([Allowance(.schemaDowngrade)])
    #expect(world.plan()["Database/platform"]?.outcome == .unchanged)
    #expect(world.plan()["PriceMap/packs"]?.waitingOn == nil)
  }

  @Test("Several rules can block one resource")
  func severalRulesBlockOneResource() {
    var world = GuardWorlds.destruction
    world.desired[id("Thing/new")] = nil
    for index in 0..<3 { world.desired[id("Thing/t\(index)")] = nil }
    let rules = world.plan()["Database/reports"]?.blockedBy.map(\.rule)
    #expect(rules == [.prune, .destructive])
    world.allowances = Allowances(prune: true)
    #expect(world.plan()["Database/reports"]?.blockedBy.map(\.rule) == [.destructive])
  }

  @Test("Observed and paused resources are not blocked")
  func observedAndPausedResourcesAreNotBlocked() {
    for mode in [ReconcileMode.observe, .paused] {
      var world = GuardWorlds.statefulReplace
      let spec = world.desired[id("Service/grafana")]?.spec as? FakeSpec ?? FakeSpec()
      world.declare("Service/grafana", spec, mode: mode)
      #expect(world.plan()["Service/grafana"]?.outcome == (mode == .paused ? .paused : .drifted))
    }
  }
}

/// One world for each rule, in which the rule blocks a resource.
enum GuardWorlds {
  static var lastNode: PlanningWorld {
    var world = PlanningWorld()
    world.hasApplied("Node/gpu-1", spec: FakeSpec(offers: .node("gpu")))
    world.declare(
      "Node/gpu-1", FakeSpec(fields: ["schedulable": .bool(false)], offers: .node("gpu", open: false)))
    world.settle("Node/cpu-1")
    world.desired[ResourceID("Module/render")!] = PlanningWorld.resource(
      "Module/render", FakeSpec(facts: [.needsCompute(ComputeNeeds(labels: ["tier": "gpu"]))]))
    world.observations[ResourceID("Module/render")!] = .success(
      Observation(state: FakeState(), health: .ready))
    return world
  }

  static var destruction: PlanningWorld {
    var world = PlanningWorld()
    let environment = FakeSpec(requires: ApprovalRequirement(count: 1, from: ["role/approver"]))
    world.hasApplied("Environment/dev", spec: environment)
    world.declare("Environment/dev", environment)
    world.hasApplied("Database/reports")
    for index in 0..<3 { world.settle("Thing/t\(index)") }
    world.declare("Thing/new")
    return world
  }

  static var statefulReplace: PlanningWorld {
    var world = PlanningWorld()
    world.hasApplied("Service/grafana", FakeState(fields: ["image": 1]))
    world.declare("Service/grafana", FakeSpec(fields: ["image": 2], facts: [.risksData(volumes: ["data"])]))
    world.hasApplied("Service/web", FakeState(fields: ["image": 1]))
    world.declare("Service/web", FakeSpec(fields: ["image": 2]))
    return world
  }

  static var downgrade: PlanningWorld {
    var world = PlanningWorld()
    world.settle("Database/platform")
    world.declare("Database/platform", FakeSpec(facts: [.schema(applied: 4, declared: 3)]))
    world.declare("PriceMap/packs", uses: ["Database/platform"])
    return world
  }

  /// All of these worlds together.
  static var all: PlanningWorld {
    var world = destruction
    for other in [lastNode, statefulReplace, downgrade] {
      world.desired.merge(other.desired) { first, _ in first }
      world.inventory.merge(other.inventory) { first, _ in first }
      world.observations.merge(other.observations) { first, _ in first }
    }
    return world
  }
}
