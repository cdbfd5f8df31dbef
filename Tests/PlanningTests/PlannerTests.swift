import Model
import Planning
import Testing

@Suite struct PlannerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let outcome: ResourcePlan.Outcome
    var steps: [StepAction] = []
    var waitingOn: String?
    let arrange: @Sendable (inout FakeWorld) -> Void
    var testDescription: String { reason }
  }

  static let cases: [Case] = [
    Case(reason: "what is declared and proven absent is created", outcome: .create, steps: [.create, .run]) {
      $0.declare("Module/it")
    },
    Case(reason: "what is as declared is left alone", outcome: .unchanged) { $0.settle("Module/it") },
    Case(reason: "a differing field is an update", outcome: .update, steps: [.update]) {
      $0.hasApplied("Module/it", FakeState(fields: ["price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]))
    },
    Case(
      reason: "one step that replaces makes it a replacement", outcome: .replace, steps: [.replace, .update]
    ) {
      $0.hasApplied("Module/it", FakeState(fields: ["image": "a", "price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["image": "b", "price": 2]))
    },
    Case(reason: "only a start is no update", outcome: .run, steps: [.run]) {
      $0.settle("Module/it", FakeState(isRunning: false))
    },
    Case(reason: "routine work that is due is run", outcome: .run, steps: [.maintain]) {
      $0.settle("Module/it", FakeState(isBackupDue: true))
    },
    Case(
      reason: "something made outside of the controller is adopted, not created", outcome: .update,
      steps: [.update]
    ) {
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]))
      $0.observations[ResourceID("Module/it")!] = .success(Observation(state: FakeState(), health: .ready))
    },
    Case(reason: "what leaves and is gone already is only forgotten", outcome: .delete) {
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
      reason: "unknown is not there either: nothing is deleted", outcome: .unknown,
      waitingOn: "the fake refused the connection; start it"
    ) {
      $0.hasApplied("Module/it")
      $0.hide("Module/it")
    },
    Case(reason: "a missing answer is unknown", outcome: .unknown, waitingOn: "Module/it was not observed") {
      $0.declare("Module/it")
      $0.observations = [:]
    },
    Case(
      reason: "a planner's refusal carries its hint", outcome: .invalid, waitingOn: "no; write something else"
    ) {
      $0.declare("Module/it", FakeSpec(refuses: "no"))
    },
    Case(reason: "a planner may wait", outcome: .waiting, waitingOn: "a node") {
      $0.declare("Module/it", FakeSpec(waits: "a node"))
    },
    Case(
      reason: "a kind that nobody knows is said to be that", outcome: .invalid,
      waitingOn: "no component of this program knows ‘Robot’"
    ) { $0.declare("Robot/it") },
    Case(reason: "paused: neither looked at nor acted on, not even unknown", outcome: .paused) {
      $0.declare("Module/it", mode: .paused)
      $0.hide("Module/it")
    },
    Case(reason: "observe: differences are listed but only reported", outcome: .drifted, steps: [.update]) {
      $0.hasApplied("Module/it", FakeState(fields: ["price": 1]))
      $0.declare("Module/it", FakeSpec(fields: ["price": 2]), mode: .observe)
    },
    Case(reason: "observe: what is as declared is unchanged", outcome: .unchanged) {
      $0.hasApplied("Module/it")
      $0.declare("Module/it", mode: .observe)
    },
    Case(reason: "observe: due routine work is no drift", outcome: .unchanged) {
      $0.hasApplied("Module/it", FakeState(isBackupDue: true))
      $0.declare("Module/it", mode: .observe)
    },
    Case(
      reason: "observe: what cannot be seen is unknown", outcome: .unknown,
      waitingOn: "the fake refused the connection; start it"
    ) {
      $0.declare("Module/it", mode: .observe)
      $0.hide("Module/it")
    },
  ]

  @Test(arguments: cases) func decidesOneResource(_ test: Case) throws {
    var world = FakeWorld()
    test.arrange(&world)
    let plan = world.plan()
    let it = try #require(plan.resources.first)
    #expect(plan.resources.count == 1)
    #expect(it.outcome == test.outcome, "\(test.reason)")
    #expect(it.steps.map(\.action) == test.steps, "\(test.reason)")
    #expect(it.waitingOn == test.waitingOn, "\(test.reason)")
  }

  @Test func listsWhatOthersNeedFirstAndDeletesInTheOppositeOrder() {
    var world = FakeWorld()
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

  @Test func deletesAfterTheUserThatChangedItsReference() {
    var world = FakeWorld()
    world.allowances.prune = true
    world.hasApplied("Database/old")
    world.hasApplied("Service/web", FakeState(fields: ["db": "old"]), uses: ["Database/old"])
    world.declare("Service/web", FakeSpec(fields: ["db": "new"]), uses: ["Database/new"])
    world.declare("Database/new")
    let plan = world.plan()
    #expect(plan.ids == ["Database/new", "Service/web", "Database/old"])
    #expect(plan["Database/old"]?.dependsOn.map(\.description) == ["Service/web"])
  }

  @Test func showsWhatAHeldResourceHoldsUp() {
    var world = FakeWorld()
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
      plan["Module/echo"]?.waitingOn == "Service/api", "a chain names the next link, which names the next")
    #expect(plan["Node/n"]?.waitingOn == nil)
    #expect(plan["Service/fine"]?.waitingOn == nil, "nothing is to be done, so nothing is waited for")
    #expect(plan["Module/lucky"]?.waitingOn == nil, "what it needs is as declared")
  }

  @Test func `what is gone already is not forgotten while others may be found through it only`() {
    var world = FakeWorld()
    world.hasApplied("Node/n")
    world.lose("Node/n")
    world.hasApplied("Service/web", uses: ["Node/n"])
    world.scope = [ResourceID("Node/n")!]
    #expect(world.plan()["Node/n"]?.waitingOn == "Service/web, which still uses it and leaves first")
  }

  struct StillUsedCase: Sendable, CustomTestStringConvertible {
    let reason: String
    let waitingOn: String?
    let arrange: @Sendable (inout FakeWorld) -> Void
    var testDescription: String { reason }
  }

  @Test(arguments: [
    StillUsedCase(
      reason: "a paused user keeps what it runs on",
      waitingOn: "Service/web, which still uses it and is paused"
    ) { $0.declare("Service/web", mode: .paused) },
    StillUsedCase(
      reason: "an observed user that differs is never changed, so it keeps what it runs on",
      waitingOn: "Service/web, which still uses it and is only observed"
    ) { $0.declare("Service/web", FakeSpec(fields: ["db": "new"]), mode: .observe) },
    StillUsedCase(
      reason: "a user outside of the scope that leaves too goes first",
      waitingOn: "Service/web, which still uses it and leaves first"
    ) { $0.scope = [ResourceID("Database/old")!] },
    StillUsedCase(
      reason: "a user outside of the scope that has not been changed yet goes first",
      waitingOn: "Service/web, which still uses it and changes first"
    ) {
      $0.declare("Service/web", FakeSpec(fields: ["db": "new"]))
      $0.scope = [ResourceID("Database/old")!]
    },
    StillUsedCase(
      reason:
        "what is gone already is not forgotten before its user either, who may be found through it only",
      waitingOn: "Service/web, which still uses it and is paused"
    ) {
      $0.declare("Service/web", mode: .paused)
      $0.lose("Database/old")
    },
  ]) func keepsWhatIsStillUsed(_ test: StillUsedCase) {
    var world = FakeWorld()
    world.allowances.prune = true
    world.hasApplied("Database/old")
    world.hasApplied("Service/web", FakeState(fields: ["db": "old"]), uses: ["Database/old"])
    test.arrange(&world)
    let plan = world.plan()["Database/old"]
    #expect(plan?.outcome == (test.waitingOn == nil ? .delete : .waiting), "\(test.reason)")
    #expect(plan?.waitingOn == test.waitingOn, "\(test.reason)")
  }

  @Test func breaksACircleOfOldReferencesTheSameWayEachTime() {
    var world = FakeWorld()
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
      plan["Thing/a"]?.dependsOn.contains(ResourceID("Thing/d")!) == true, "needs outside the circle stay")
  }

  @Test func plansOnlyWhatIsInScopeAndKeepsItsReferences() {
    var world = FakeWorld()
    world.declare("Database/db")
    world.declare("Service/web", uses: ["Database/db"])
    world.declare("Module/echo")
    world.scope = [ResourceID("Service/web")!, ResourceID("Module/unheard-of")!]
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
