import Model
import Planning
import Testing

/// Plans about things that have an owner.
@Suite struct OwnershipGuardTests {
  private static func shop(_ name: String = "shop") -> FakeSpec {
    FakeSpec(fields: ["database": .string(name)])
  }

  @Test("What belongs to another environment is neither created, changed nor taken as it is")
  func otherEnvironment() {
    var world = PlanningWorld()
    world.declare("Database/shop", Self.shop())
    world.declare("Module/needy", uses: ["Database/shop"])
    world.declare("Thing/other")
    world.holds("Database/shop", PlanningWorld.database("shop"), in: "h1")
    let plan = world.plan()
    #expect(plan["Database/shop"]?.outcome == .blocked)
    #expect(plan["Database/shop"]?.blockedBy.map(\.rule) == [.ownership])
    #expect(
      plan["Database/shop"]?.waitingOn
        == "the ownership guard: database shop of the embedded server belongs to Database/shop of "
        + "environment h1; spec.database: declare another one, or, if environment h1 was renamed, run "
        + "‘rendertrust environments rename h1 dev’")
    #expect(plan["Module/needy"]?.waitingOn == "Database/shop")
    #expect(plan["Thing/other"]?.outcome == .create)
    world.settle("Database/shop", FakeState(fields: Self.shop().fields))
    #expect(world.plan()["Database/shop"]?.outcome == .blocked, "it exists as declared, for another owner")
    world.allowances = Allowances(Set(GuardRule.allCases.map { Allowance($0) }))
    #expect(world.plan()["Database/shop"]?.outcome == .blocked, "no allowance takes a thing away")
  }

  @Test("A resource without an own thing leaves without a step")
  func leavingWithoutOwnThings() {
    var world = PlanningWorld()
    world.hasApplied("Database/shop", spec: Self.shop())
    world.hide("Database/shop")
    world.holds("Database/shop", PlanningWorld.database("shop"), in: "h1")
    world.allowances = Allowances([Allowance(.prune)])
    let plan = world.plan()
    #expect(plan["Database/shop"]?.outcome == .delete)
    #expect(plan["Database/shop"]?.steps.isEmpty == true)
    #expect(plan["Database/shop"]?.handover == .belongsTo(ResourceID("Database/shop")!, environment: "h1"))
    #expect(
      plan.text().contains("belongs to Database/shop of environment h1; nothing is removed"), "\(plan.text())"
    )
  }

  @Test("A resource of which a part has another owner is not removed")
  func leavingWithPart() {
    var world = PlanningWorld()
    world.hasApplied("Database/a", spec: Self.shop())
    world.settle("Thing/t")
    world.settle("Thing/u")
    world.settle("Thing/v")
    world.holds("Database/a", PlanningWorld.database("shop"))
    #expect(world.plan()["Database/a"]?.steps.isEmpty == false, "it is its own")
    world.holds("Database/b", PlanningWorld.database("shop"), in: "h1")
    #expect(world.plan()["Database/a"]?.outcome == .blocked)
  }

  @Test("A port that its holder leaves or releases is free")
  func givenUpPorts() {
    var world = PlanningWorld()
    let port = FakeSpec(fields: ["port": 80])
    world.declare("Service/new", port)
    world.holds("Service/old", PlanningWorld.hostPort(80))
    #expect(world.plan()["Service/new"]?.outcome == .create, "the holder is not desired")
    world.declare("Service/old", FakeSpec(fields: ["port": 81]))
    #expect(world.plan()["Service/new"]?.outcome == .create, "the holder declares another port")
    world.declare("Service/old", port)
    #expect(
      world.plan()["Service/new"]?.waitingOn
        == "the ownership guard: host port 127.0.0.1:80/tcp of the local engine belongs to Service/old; "
        + "spec.port: declare another one, or remove Service/old")
    world = PlanningWorld()
    world.hasApplied("Service/old", spec: port)
    for name in ["t", "u", "v"] { world.settle("Thing/\(name)") }
    world.holds("Service/new", PlanningWorld.hostPort(80), in: "h1")
    #expect(
      world.plan()["Service/old"]?.steps.isEmpty == false, "removing a resource changes nothing of its ports")
  }

  @Test("A thing with data goes to another resource only under a new name")
  func dataIsNotTaken() {
    var world = PlanningWorld()
    world.hasApplied("Database/old", spec: Self.shop())
    world.declare("Database/new", Self.shop())
    world.holds("Database/old", PlanningWorld.database("shop"))
    #expect(world.plan()["Database/new"]?.outcome == .blocked)
    world.moves = [Move(from: ResourceID("Database/old")!, to: ResourceID("Database/new")!)]
    let plan = world.plan()
    #expect(plan["Database/new"]?.handover == .movedFrom(ResourceID("Database/old")!))
    #expect(plan["Database/new"]?.outcome == .create)
    #expect(plan["Database/old"]?.outcome == .delete, "the prune guard does not count a renamed resource")
    #expect(plan["Database/old"]?.steps.isEmpty == true)
    #expect(plan["Database/old"]?.dependsOn == [ResourceID("Database/new")!])
    #expect(plan.resources.map(\.id.name) == ["new", "old"])
  }

  @Test(
    "Data that a desired resource declares stays when another owner of it leaves",
    arguments: [
      // The new name of a rename that was undone still owns it.
      ReconcileMode.enforce,
      // The new name is only observed, so that it takes nothing over.
      .observe, .paused,
    ])
  func declaredDataStays(mode: ReconcileMode) {
    var world = PlanningWorld()
    world.hasApplied("Database/new", spec: Self.shop())
    world.hasApplied("Database/gone", spec: Self.shop("gone"))
    world.declare("Database/old", Self.shop(), mode: mode)
    world.holds("Database/new", PlanningWorld.database("shop"))
    world.allowances = Allowances([Allowance(.prune)])
    let plan = world.plan()
    #expect(plan["Database/new"]?.steps.isEmpty == true)
    #expect(plan["Database/new"]?.handover == .belongsTo(ResourceID("Database/old")!, environment: nil))
    #expect(plan["Database/gone"]?.steps.isEmpty == false)
    world.scope = [ResourceID("Database/new")!]
    #expect(world.plan()["Database/new"]?.steps.isEmpty == true, "a scoped pass knows all declarations")
  }

  @Test("A handover survives the plan’s JSON")
  func json() throws {
    var world = PlanningWorld()
    world.hasApplied("Database/old", spec: Self.shop())
    world.declare("Database/new", Self.shop())
    world.hasApplied("Database/gone", spec: Self.shop("gone"))
    world.declare("Database/taken", Self.shop("taken"))
    world.holds("Database/old", PlanningWorld.database("shop"))
    world.holds("Database/gone", PlanningWorld.database("gone"), in: "h1")
    world.holds("Database/taken", PlanningWorld.database("taken"), in: "h1")
    world.moves = [Move(from: ResourceID("Database/old")!, to: ResourceID("Database/new")!)]
    let plan = world.plan()
    let again = try #require(Plan(decoding: plan.json()))
    #expect(again.text() == plan.text())
    #expect(again.json() == plan.json())
    #expect(plan["Database/taken"]?.outcome == .blocked)
    #expect(again["Database/new"]?.handover == .movedFrom(ResourceID("Database/old")!))
  }
}
