import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct ExecutionGraphTests {
  private func plan(_ resources: [(String, ResourcePlan.Outcome, needs: [String])]) -> Plan {
    Plan(
      environment: "dev", revision: 1, manifestDigest: Digest(of: ""),
      resources: resources.map { name, outcome, needs in
        ResourcePlan(
          id: .fake(name), outcome: outcome, dependsOn: needs.map { .fake($0) }, desired: .fake(name))
      })
  }

  /// All resources that are ready now.
  private func ready(_ graph: inout ExecutionGraph) -> [String] {
    var names: [String] = []
    while let id = graph.next() { names.append(id.name) }
    return names
  }

  @Test("Resources become ready in plan order after their dependencies")
  func resourcesBecomeReadyAfterTheirDependencies() {
    var graph = ExecutionGraph(
      plan([
        ("b", .create, []), ("a", .update, []), ("c", .create, ["a", "b"]), ("d", .delete, ["c"]),
      ]),
      isSatisfied: { _ in false })
    #expect(ready(&graph) == ["b", "a"])
    graph.finish(.fake("a"), succeeded: true)
    #expect(ready(&graph) == [])
    graph.finish(.fake("b"), succeeded: true)
    #expect(ready(&graph) == ["c"])
    graph.finish(.fake("c"), succeeded: true)
    #expect(ready(&graph) == ["d"])
    #expect(graph.skipped.isEmpty)
  }

  @Test("A failure skips direct and indirect dependents, and nothing else")
  func failureSkipsOnlyDependents() {
    var graph = ExecutionGraph(
      plan([
        ("a", .create, []), ("b", .create, ["a"]), ("c", .create, ["b"]), ("d", .create, []),
        ("e", .create, ["d", "b"]), ("f", .create, ["d"]),
      ]), isSatisfied: { _ in true })
    #expect(ready(&graph) == ["a", "d"])
    graph.finish(.fake("a"), succeeded: false)
    graph.finish(.fake("d"), succeeded: true)
    #expect(ready(&graph) == ["f"])
    #expect(Set(graph.skipped.keys.map(\.name)) == ["b", "c", "e"])
    #expect(graph.skipped[.fake("b")] == .fake("a"))
  }

  @Test(
    "The outcome of a dependency decides whether dependents may continue",
    arguments: [
      (ResourcePlan.Outcome.blocked, false, "a guard blocks"), (.unknown, false, "was not observed"),
      (.waiting, false, "waits"), (.invalid, false, "is invalid"),
      (.unchanged, true, "is as declared"), (.paused, true, "is paused"),
      (.drifted, true, "is only observed"),
    ])
  func outcomeDecidesWhetherDependentsContinue(
    outcome: ResourcePlan.Outcome, mayContinue: Bool, reason: String
  ) {
    var graph = ExecutionGraph(
      plan([("a", outcome, []), ("b", .create, ["a"]), ("c", .create, ["b"])]), isSatisfied: { _ in true })
    #expect(ready(&graph) == (mayContinue ? ["b"] : []), "a dependency that \(reason)")
    #expect(graph.skipped.count == (mayContinue ? 0 : 2))
  }

  @Test("The caller decides about a dependency outside of the plan", arguments: [true, false])
  func callerDecidesAboutOutsideDependency(isSatisfied: Bool) {
    var graph = ExecutionGraph(plan([("b", .create, ["a"])]), isSatisfied: { _ in isSatisfied })
    #expect(ready(&graph) == (isSatisfied ? ["b"] : []))
    #expect(graph.skipped.isEmpty == isSatisfied)
  }
}
