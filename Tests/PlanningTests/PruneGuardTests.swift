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

  @Test(arguments: [
    Case(reason: "nothing leaves", leaving: 0, existing: 12, desired: 12, finding: nil),
    Case(
      reason: "one file of twelve is removed unasked", leaving: 1, existing: 12, desired: 11, finding: nil),
    Case(reason: "exactly the limit is allowed", leaving: 3, existing: 10, desired: 7, finding: nil),
    Case(
      reason: "more than the limit is held", leaving: 7, existing: 12, desired: 5,
      finding: "7 of 12 resources (58 %) would be deleted, more than 30 %"),
    Case(
      reason: "a little over the limit does not read like the limit", leaving: 301, existing: 1000,
      desired: 699,
      finding: "301 of 1000 resources (30.1 %) would be deleted, more than 30 %"),
    Case(
      reason: "new resources do not make room for deletions", leaving: 1, existing: 2, desired: 100,
      finding: "1 of 2 resources (50 %) would be deleted, more than 30 %"),
    Case(
      reason: "an empty folder deletes nothing", leaving: 12, existing: 12, desired: 0,
      finding: "the manifests are empty, so all 12 resources would be deleted"),
    Case(
      reason: "an empty folder deletes not even one", leaving: 1, existing: 1, desired: 0,
      finding: "the manifests are empty, so the only resource would be deleted"),
    Case(reason: "nothing was and nothing is", leaving: 0, existing: 0, desired: 0, finding: nil),
  ]) func judgesTheShare(_ test: Case) {
    let finding = PruneGuard.finding(leaving: test.leaving, existing: test.existing, desired: test.desired)
    let shown = finding.map { GuardFinding(ResourceID("Thing/t")!, $0) }
    #expect(shown?.text == test.finding, "\(test.reason)")
    #expect(shown.map { $0.rule == .prune && $0.howToAllow == "allow it with --allow-prune" } ?? true)
  }

  /// Twelve applied modules, of which the first `leaving` are not declared any more.
  private func world(leaving: Int) -> FakeWorld {
    var world = FakeWorld()
    for index in 10..<22 {
      if index < 10 + leaving {
        world.hasApplied("Module/m\(index)")
      } else {
        world.settle("Module/m\(index)")
      }
    }
    return world
  }

  @Test func removingOneOfTwelveIsExactlyThatDeletion() {
    let plan = world(leaving: 1).plan()
    #expect(plan.resources.filter { $0.outcome != .unchanged }.map(\.id.description) == ["Module/m10"])
    #expect(plan["Module/m10"]?.outcome == .delete)
  }

  @Test func holdsAllDeletionsAndShowsWhatTheyWouldBe() {
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
    #expect(plan["Module/new"]?.outcome == .create, "what stays goes on")
    world.allowances.prune = true
    #expect(world.plan().summary[.delete] == 7)
  }

  @Test func isNotFooledByASmallScope() {
    var world = world(leaving: 7)
    world.scope = [ResourceID("Module/m10")!]
    #expect(world.plan()["Module/m10"]?.outcome == .blocked)
  }

  @Test func letsForgetWhatIsGoneAlready() {
    var world = world(leaving: 7)
    world.lose("Module/m10")
    let plan = world.plan()
    #expect(plan["Module/m10"]?.outcome == .delete)
    #expect(plan["Module/m10"]?.steps.isEmpty == true)
    #expect(plan["Module/m11"]?.outcome == .blocked)
  }

  @Test func anEmptyFolderIsHeld() {
    let plan = world(leaving: 12).plan()
    #expect(plan.summary[.blocked] == 12)
  }
}
