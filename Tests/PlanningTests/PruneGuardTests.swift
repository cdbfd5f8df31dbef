import Model
import Planning
import Testing

@Suite struct PruneGuardTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let leaving: Int
    let existing: Int
    let desired: Int
    let finding: String?
    var testDescription: String { reason }
  }

  @Test(
    "The prune guard decides by the share of deletions",
    arguments: [
      Case(reason: "nothing leaves", leaving: 0, existing: 12, desired: 12, finding: nil),
      Case(
        reason: "one of twelve resources is deleted", leaving: 1, existing: 12, desired: 11, finding: nil),
      Case(reason: "exactly the limit is allowed", leaving: 3, existing: 10, desired: 7, finding: nil),
      Case(
        reason: "more than the limit is blocked", leaving: 7, existing: 12, desired: 5,
        finding: "7 of 12 resources (58 %) would be deleted, more than 30 %"),
      Case(
        reason: "a share slightly over the limit is shown with a decimal", leaving: 301, existing: 1000,
        desired: 699,
        finding: "301 of 1000 resources (30.1 %) would be deleted, more than 30 %"),
      Case(
        reason: "new resources do not raise the limit", leaving: 1, existing: 2, desired: 100,
        finding: "1 of 2 resources (50 %) would be deleted, more than 30 %"),
      Case(
        reason: "an empty folder deletes nothing", leaving: 12, existing: 12, desired: 0,
        finding: "the manifests are empty, so all 12 resources would be deleted"),
      Case(
        reason: "an empty folder deletes not even one", leaving: 1, existing: 1, desired: 0,
        finding: "the manifests are empty, so the only resource would be deleted"),
      Case(
        reason: "nothing existed and nothing is declared", leaving: 0, existing: 0, desired: 0, finding: nil),
    ])
  func pruneGuardDecidesByShare(_ test: Case) {
    let finding = PruneGuard.finding(leaving: test.leaving, existing: test.existing, desired: test.desired)
    let shown = finding.map { GuardFinding(ResourceID("Thing/t")!, $0) }
    #expect(shown?.text == test.finding, "\(test.reason)")
    #expect(shown.map { $0.rule == .prune && $0.howToAllow == "allow it with --allow-prune" } ?? true)
  }

  /// Twelve applied modules, of which the first `leaving` are no longer declared.
  private func world(leaving: Int) -> PlanningWorld {
    var world = PlanningWorld()
    for index in 10..<22 {
      if index < 10 + leaving {
        world.hasApplied("Module/m\(index)")
      } else {
        world.settle("Module/m\(index)")
      }
    }
    return world
  }

  @Test("Removing one of twelve resources deletes exactly that one")
  func removingOneDeletesExactlyOne() {
    let plan = world(leaving: 1).plan()
    #expect(plan.resources.filter { $0.outcome != .unchanged }.map(\.id.description) == ["Module/m10"])
    #expect(plan["Module/m10"]?.outcome == .delete)
  }

  @Test("All deletions over the limit are blocked and shown")
  func deletionsOverTheLimitAreBlocked() {
    var world = world(leaving: 7)
    world.declare("Module/new")
    let plan = world.plan()
    #expect(plan.isBlocked)
    #expect(plan.summary[.blocked] == 7)
    #expect(plan["Module/m10"]?.steps.map(\.action) == [.delete])
    #expect(
      plan["Module/m10"]?.waitingOn
        == "the prune guard: 7 of 12 resources (58 %) would be deleted, more than 30 %; "
        + "allow it with --allow-prune")
    #expect(plan["Module/new"]?.outcome == .create, "a staying resource continues")
    world.allowances.prune = true
    #expect(world.plan().summary[.delete] == 7)
  }

  @Test("A small scope does not change the share")
  func smallScopeDoesNotChangeTheShare() {
    var world = world(leaving: 7)
    world.scope = [ResourceID("Module/m10")!]
    #expect(world.plan()["Module/m10"]?.outcome == .blocked)
  }

  @Test("A resource that is gone may be forgotten")
  func goneResourceMayBeForgotten() {
    var world = world(leaving: 7)
    world.lose("Module/m10")
    let plan = world.plan()
    #expect(plan["Module/m10"]?.outcome == .delete)
    #expect(plan["Module/m10"]?.steps.isEmpty == true)
    #expect(plan["Module/m11"]?.outcome == .blocked)
  }

  @Test("An empty folder deletes nothing")
  func emptyFolderDeletesNothing() {
    let plan = world(leaving: 12).plan()
    #expect(plan.summary[.blocked] == 12)
  }
}
