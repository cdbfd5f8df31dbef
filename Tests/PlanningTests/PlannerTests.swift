import Model
import Planning
import Testing

@Suite struct PlannerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let outcome: ResourcePlan.Outcome
    var steps: [StepAction] = []
    var waitingOn: String?
    let arrange: @Sendable (inout PlanningWorld) -> Void
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(
      reason: "a declared resource that is proven absent is created", outcome: .create,
      steps: [.create, .run]
    ) {
      $0.declare("Module/it")
    },
    Case(reason: "a resource as declared is unchanged", outcome: .unchanged) { $0.settle("Module/it") },
    Case(reason: "a differing field is an update", outcome: .update, steps: [.update]) {
      $0.hasApplied("Module/it", FakeState(fields: ["price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]))
    },
    Case(
      reason: "one replacing step makes it a replacement", outcome: .replace, steps: [.replace, .update]
    ) {
      $0.hasApplied("Module/it", FakeState(fields: ["image": "a", "price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["image": "b", "price": 2]))
    },
    Case(reason: "a start alone is not an update", outcome: .run, steps: [.run]) {
      $0.settle("Module/it", FakeState(isRunning: false))
    },
    Case(reason: "due routine work runs", outcome: .run, steps: [.maintain]) {
      $0.settle("Module/it", FakeState(isBackupDue: true))
    },
    Case(
      reason: "an existing object is adopted, not created", outcome: .update,
      steps: [.update]
    ) {
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]))
      $0.observations[ResourceID("Module/it")!] = .success(Observation(state: FakeState(), health: .ready))
    },
    Case(reason: "a leaving resource that is gone is only forgotten", outcome: .delete) {
      $0.hasApplied("Module/it")
      $0.lose("Module/it")
    },
    Case(
      reason: "unknown is not absent: nothing is created", outcome: .unknown,
      waitingOn: "the fake refused the connection; start it"
    ) {
      $0.declare("Module/it")
      $0.hide("Module/it")
    },
    Case(
      reason: "unknown is not present: nothing is deleted", outcome: .unknown,
      waitingOn: "the fake refused the connection; start it"
    ) {
      $0.hasApplied("Module/it")
      $0.hide("Module/it")
    },
    Case(
      reason: "a missing observation is unknown", outcome: .unknown, waitingOn: "Module/it was not observed"
    ) {
      $0.declare("Module/it")
      $0.observations = [:]
    },
    Case(
      reason: "a planner's error includes its hint", outcome: .invalid, waitingOn: "no; write something else"
    ) {
      $0.declare("Module/it", FakeSpec(rejects: "no"))
    },
    Case(reason: "a planner may wait", outcome: .waiting, waitingOn: "a node") {
      $0.declare("Module/it", FakeSpec(waits: "a node"))
    },
    Case(
      reason: "an unknown kind is reported", outcome: .invalid,
      waitingOn: "this program has no kind ‘Robot’"
    ) { $0.declare("Robot/it") },
    Case(reason: "paused: neither observed nor changed", outcome: .paused) {
      $0.declare("Module/it", mode: .paused)
      $0.hide("Module/it")
    },
    Case(reason: "observe: differences are only reported", outcome: .drifted, steps: [.update]) {
      $0.hasApplied("Module/it", FakeState(fields: ["price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]), mode: .observe)
    },
    Case(reason: "observe: a resource as declared is unchanged", outcome: .unchanged) {
      $0.hasApplied("Module/it")
      $0.declare("Module/it", mode: .observe)
    },
    Case(reason: "observe: due routine work is not drift", outcome: .unchanged) {
      $0.hasApplied("Module/it", FakeState(isBackupDue: true))
      $0.declare("Module/it", mode: .observe)
    },
    Case(
      reason: "observe: a failed observation is unknown", outcome: .unknown,
      waitingOn: "the fake refused the connection; start it"
    ) {
      $0.declare("Module/it", mode: .observe)
      $0.hide("Module/it")
    },
  ]

  @Test("The planner decides about one resource", arguments: cases)
  func decidesAboutOneResource(_ test: Case) throws {
    var world = PlanningWorld()
    test.arrange(&world)
    let plan = world.plan()
    let it = try #require(plan.resources.first)
    #expect(plan.resources.count == 1)
    #expect(it.outcome == test.outcome, "\(test.reason)")
    #expect(it.steps.map(\.action) == test.steps, "\(test.reason)")
    #expect(it.waitingOn == test.waitingOn, "\(test.reason)")
  }

  @Test("Dependencies come first, and are deleted last")
  func dependenciesComeFirstAndAreDeletedLast() {
    var world = PlanningWorld()
    world.allowances.prune = true
    world.declare("Module/a", uses: ["Node/n", "Service/z"])
    world.declare("Node/n")
    world.declare("Service/z", uses: ["Database/db"])
    world.declare("Database/db")
    world.hasApplied("Database/old")
    world.hasApplied("Service/old", uses: ["Database/old"])
    world.hasApplied("Module/old", uses: ["Service/old", "Node/n"])
    let plan = world.plan()
    #expect(
      plan.ids == [
        "Database/db", "Node/n", "Service/z", "Module/a", "Module/old", "Service/old", "Database/old",
      ])
    #expect(plan["Module/a"]?.dependsOn.map(\.description) == ["Node/n", "Service/z"])
    #expect(plan["Database/old"]?.dependsOn.map(\.description) == ["Service/old"])
    #expect(plan["Module/old"]?.dependsOn == [])
    #expect(plan.resources.allSatisfy { $0.waitingOn == nil })
  }

  @Test("A deletion comes after the user that changes its reference")
  func deletionComesAfterItsFormerUser() {
    var world = PlanningWorld()
    world.allowances.prune = true
    world.hasApplied("Database/old")
    world.hasApplied("Service/web", FakeState(fields: ["db": "old"]), uses: ["Database/old"])
    world.declare("Service/web", FakeSpec(fields: ["db": "new"]), uses: ["Database/new"])
    world.declare("Database/new")
    let plan = world.plan()
    #expect(plan.ids == ["Database/new", "Service/web", "Database/old"])
    #expect(plan["Database/old"]?.dependsOn.map(\.description) == ["Service/web"])
  }

  @Test("Dependents of an unknown resource wait")
  func dependentsOfUnknownResourceWait() {
    var world = PlanningWorld()
    world.declare("Database/platform")
    world.hide("Database/platform")
    world.declare("Service/api", uses: ["Database/platform"])
    world.declare("Module/echo", uses: ["Service/api", "Node/n"])
    world.declare("Node/n")
    world.settle("Service/fine", uses: ["Database/platform"])
    world.declare("Module/lucky", uses: ["Service/fine"])
    let plan = world.plan()
    #expect(plan["Service/api"]?.outcome == .create)
    #expect(plan["Service/api"]?.waitingOn == "Database/platform")
    #expect(
      plan["Module/echo"]?.waitingOn == "Service/api", "each link of a chain names the next one")
    #expect(plan["Node/n"]?.waitingOn == nil)
    #expect(plan["Service/fine"]?.waitingOn == nil, "an unchanged resource waits for nothing")
    #expect(plan["Module/lucky"]?.waitingOn == nil, "its dependency is as declared")
  }

  @Test("A resource that is gone is not forgotten while others use it")
  func goneResourceIsKeptWhileUsed() {
    var world = PlanningWorld()
    world.hasApplied("Node/n")
    world.lose("Node/n")
    world.hasApplied("Service/web", uses: ["Node/n"])
    world.scope = [ResourceID("Node/n")!]
    #expect(world.plan()["Node/n"]?.waitingOn == "Service/web, which still uses it and leaves first")
  }

  struct StillUsedCase: Sendable, CustomTestStringConvertible {
    let reason: String
    let waitingOn: String?
    let arrange: @Sendable (inout PlanningWorld) -> Void
    var testDescription: String { reason }
  }

  @Test(
    "A resource that is still used is not deleted",
    arguments: [
      StillUsedCase(
        reason: "a paused user keeps its dependency",
        waitingOn: "Service/web, which still uses it and is paused"
      ) { $0.declare("Service/web", mode: .paused) },
      StillUsedCase(
        reason: "an observed user that differs keeps its dependency",
        waitingOn: "Service/web, which still uses it and is only observed"
      ) { $0.declare("Service/web", FakeSpec(fields: ["db": "new"]), mode: .observe) },
      StillUsedCase(
        reason: "a leaving user outside of the scope is deleted first",
        waitingOn: "Service/web, which still uses it and leaves first"
      ) { $0.scope = [ResourceID("Database/old")!] },
      StillUsedCase(
        reason: "a user outside of the scope changes first",
        waitingOn: "Service/web, which still uses it and changes first"
      ) {
        $0.declare("Service/web", FakeSpec(fields: ["db": "new"]))
        $0.scope = [ResourceID("Database/old")!]
      },
      StillUsedCase(
        reason: "a resource that is gone is not forgotten before its user",
        waitingOn: "Service/web, which still uses it and is paused"
      ) {
        $0.declare("Service/web", mode: .paused)
        $0.lose("Database/old")
      },
    ])
  func usedResourceIsNotDeleted(_ test: StillUsedCase) {
    var world = PlanningWorld()
    world.allowances.prune = true
    world.hasApplied("Database/old")
    world.hasApplied("Service/web", FakeState(fields: ["db": "old"]), uses: ["Database/old"])
    test.arrange(&world)
    let plan = world.plan()["Database/old"]
    #expect(plan?.outcome == (test.waitingOn == nil ? .delete : .waiting), "\(test.reason)")
    #expect(plan?.waitingOn == test.waitingOn, "\(test.reason)")
  }

  @Test("A cycle of former references is always broken in the same way")
  func cyclesAreBrokenDeterministically() {
    var world = PlanningWorld()
    world.allowances.prune = true
    world.hasApplied("Thing/a", uses: ["Thing/c"])
    world.hasApplied("Thing/b", uses: ["Thing/a"])
    world.hasApplied("Thing/c", uses: ["Thing/b"])
    world.hasApplied("Thing/d", uses: ["Thing/a"])
    let plan = world.plan()
    #expect(Set(plan.ids) == ["Thing/a", "Thing/b", "Thing/c", "Thing/d"])
    #expect(plan.ids == world.plan().ids)
    expectOrdered(plan)
    #expect(
      plan["Thing/a"]?.dependsOn.contains(ResourceID("Thing/d")!) == true,
      "dependencies outside of the cycle stay")
  }

  @Test("A scoped plan contains only its scope and keeps the references")
  func scopedPlanKeepsReferences() {
    var world = PlanningWorld()
    world.declare("Database/db")
    world.declare("Service/web", uses: ["Database/db"])
    world.declare("Module/echo")
    world.scope = [ResourceID("Service/web")!, ResourceID("Module/unknown")!]
    let plan = world.plan()
    #expect(plan.ids == ["Service/web"])
    #expect(plan["Service/web"]?.dependsOn.map(\.description) == ["Database/db"])
  }
}

func expectOrdered(_ plan: Plan, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
  var seen: Set<ResourceID> = []
  let all = Set(plan.resources.map(\.id))
  for resource in plan.resources {
    for needed in resource.dependsOn where all.contains(needed) {
      #expect(
        seen.contains(needed), "\(resource.id) comes before \(needed)", sourceLocation: sourceLocation)
    }
    seen.insert(resource.id)
  }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(stringLiteral value: String) { self = .string(value) }
}
