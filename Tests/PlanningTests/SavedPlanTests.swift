import Model
import Planning
import Testing

@Suite struct SavedPlanTests {
  private func world() -> PlanningWorld {
    var world = PlanningWorld()
    world.settle("Node/n")
    world.hasApplied("PriceMap/p", FakeState(fields: ["credits": 100, "note": "½ price"]))
    world.declare("PriceMap/p", FakeSpec(fields: ["credits": 110, "note": .decimal("0.5")]))
    world.declare("Module/echo", uses: ["Node/n"])
    return world
  }

  private func saved(_ world: PlanningWorld) throws -> SavedPlan {
    let file = SavedPlan(
      world.plan(), manifests: ["manifests/dev"], allowances: Allowances(prune: true)
    ).text
    return try SavedPlan(text: file)
  }

  @Test("A saved plan is read back")
  func savedPlanIsReadBack() throws {
    let world = world()
    let written = SavedPlan(world.plan(), manifests: ["a", "b"], allowances: Allowances())
    let read = try SavedPlan(text: written.text)
    #expect(read == written)
    #expect(read.plan == world.plan().json())
    #expect(read.manifests == ["a", "b"])
    #expect(read.text == written.text)
  }

  @Test("A saved plan is accepted while nothing has changed")
  func unchangedPlanIsAccepted() throws {
    #expect(try saved(world()).refusal(against: world().plan()) == nil)
    #expect(try saved(world()).allowances.prune)
  }

  @Test("A saved plan keeps allowances and approvals")
  func allowancesAreKept() throws {
    let allowances = Allowances(
      [Allowance(.prune), Allowance(.lastNode, ResourceID("Node/n")!)],
      approval: Approval(
        plan: Digest(of: "plan"), approvers: ["bob", "ada"],
        steps: [ResourceID("Database/d")!: Digest(of: "steps")]))
    let written = SavedPlan(world().plan(), manifests: ["a"], allowances: allowances)
    #expect(try SavedPlan(text: written.text).allowances == allowances)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let refusal: String?
    let change: @Sendable (inout PlanningWorld) -> Void
    var testDescription: String { reason }
  }

  @Test(
    "A saved plan is rejected after a change",
    arguments: [
      Case(
        reason: "a changed manifest and its resource are named",
        refusal: "the manifests changed since the plan was saved (PriceMap/p); plan again"
      ) { $0.declare("PriceMap/p", FakeSpec(fields: ["credits": 120, "note": .decimal("0.5")])) },
      Case(
        reason: "a change with the same steps is still a change",
        refusal: "the manifests changed since the plan was saved; plan again"
      ) {
        $0.declare("Node/n", mode: .paused)
        $0.declare("Node/n", uses: ["PriceMap/p"])
      },
      Case(
        reason: "a person created the resource meanwhile",
        refusal: "the world changed since the plan was saved: Module/echo; plan again"
      ) {
        $0.observations[ResourceID("Module/echo")!] = .success(
          Observation(state: FakeState(), health: .ready))
      },
      Case(
        reason: "the same operation from another value differs",
        refusal: "the world changed since the plan was saved: PriceMap/p; plan again"
      ) { $0.hasApplied("PriceMap/p", FakeState(fields: ["credits": 90, "note": "½ price"])) },
      Case(
        reason: "a resource that is not observed may have changed",
        refusal: "the world changed since the plan was saved: Node/n; plan again"
      ) { $0.hide("Node/n") },
    ])
  func changedPlanIsRejected(_ test: Case) throws {
    let saved = try saved(world())
    var world = world()
    test.change(&world)
    #expect(saved.refusal(against: world.plan()) == test.refusal, "\(test.reason)")
  }

  @Test("A rejection names a few of many changes")
  func rejectionNamesAFewChanges() throws {
    var many = PlanningWorld()
    for index in 1...8 { many.settle("Thing/t\(index)") }
    let saved = try saved(many)
    for index in 1...8 { many.hide("Thing/t\(index)") }
    #expect(
      saved.refusal(against: many.plan())
        == "the world changed since the plan was saved: "
        + "Thing/t1, Thing/t2, Thing/t3, Thing/t4, Thing/t5 and 3 more; plan again")
  }

  @Test(
    "Other files are rejected",
    arguments: [
      ("", "this is not a saved plan: it is not JSON; create one with `plan --out FILE`"),
      ("[1]", "this is not a saved plan; create one with `plan --out FILE`"),
      (
        #"{"saved": {"format": "rendertrust.com/plan/v0"}}"#,
        "the saved plan has the format ‘rendertrust.com/plan/v0’, not ‘rendertrust.com/plan/v2’; plan again"
      ),
    ])
  func otherFilesAreRejected(_ text: String, _ message: String) {
    let error = #expect(throws: PlanError.self) { try SavedPlan(text: text) }
    #expect(error?.description == message)
  }

  @Test("An edited file is rejected")
  func editedFileIsRejected() throws {
    let text = SavedPlan(world().plan(), manifests: [], allowances: Allowances()).text
    let edited = text.replacing(#""allowed": []"#, with: #""allowed": ["prune"]"#)
    #expect(edited != text)
    let error = #expect(throws: PlanError.self) { try SavedPlan(text: edited) }
    #expect(error?.description == "the saved plan was changed after it was written; plan again")
  }
}
