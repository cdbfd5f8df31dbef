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

  /// All parts that are ready now: the name of the resource, with an exclamation mark where the part only
  /// releases something.
  private func ready(_ graph: inout ExecutionGraph) -> [String] {
    var names: [String] = []
    while let part = graph.next() { names.append(part.isLast ? part.id.name : "\(part.id.name)!") }
    return names
  }

  private func finish(_ name: String, in graph: inout ExecutionGraph, succeeded: Bool = true) {
    let isRelease = name.hasSuffix("!")
    let id = ResourceID.fake(String(name.prefix { $0 != "!" }))
    let part = ExecutionGraph.Part(id: id, steps: 0..<1, isLast: !isRelease)
    graph.finish(part, succeeded: succeeded)
  }

  /// A resource with a releasing step where `releases`, and another step.
  private func taking(_ name: String, from holders: [String], releases: Bool, needs: [String] = [])
    -> ResourcePlan
  {
    let steps: [AnyStep] = [true, false].filter { releases || !$0 }.map {
      Step(.update, "step", because: "", isRelease: $0, operation: FakeOperation.put(1))
    }
    return ResourcePlan(
      id: .fake(name), outcome: .update, steps: steps, dependsOn: needs.map { .fake($0) },
      takesFrom: holders.map { .fake($0) }, desired: .fake(name))
  }

  private func graph(_ resources: ResourcePlan...) -> ExecutionGraph {
    ExecutionGraph(
      Plan(environment: "dev", revision: 1, manifestDigest: Digest(of: ""), resources: resources),
      isSatisfied: { _ in true })
  }

  @Test("Resources that exchange something both release what they have first")
  func exchange() {
    var graph = graph(
      taking("a", from: ["b"], releases: true), taking("b", from: ["c"], releases: true),
      taking("c", from: ["a"], releases: true))
    #expect(ready(&graph) == ["a!", "b!", "c!"])
    finish("b!", in: &graph)
    #expect(ready(&graph) == [])
    finish("a!", in: &graph)
    #expect(ready(&graph) == ["a"], "it has released its own and b's is free")
    finish("c!", in: &graph)
    #expect(ready(&graph) == ["b", "c"])
  }

  @Test("A resource from which nothing is taken has one part")
  func onePart() {
    var graph = graph(taking("a", from: [], releases: true))
    #expect(graph.next() == ExecutionGraph.Part(id: .fake("a"), steps: 0..<2, isLast: true))
  }

  @Test("Where nothing could be released, neither the resource nor the one that takes it continues")
  func failedRelease() {
    var graph = graph(
      taking("a", from: ["b"], releases: false), taking("b", from: [], releases: true),
      taking("c", from: [], releases: false, needs: ["b"]))
    #expect(ready(&graph) == ["b!"])
    finish("b!", in: &graph, succeeded: false)
    #expect(ready(&graph) == [])
    #expect(graph.skipped == [.fake("a"): .fake("b"), .fake("c"): .fake("b")], "b itself failed")
  }

  @Test("Nothing is released for a resource whose dependency is not there")
  func blockedRelease() {
    let missing = ResourcePlan(id: .fake("x"), outcome: .blocked, desired: .fake("x"))
    var graph = graph(
      missing, taking("a", from: ["b"], releases: false), taking("b", from: [], releases: true, needs: ["x"]))
    #expect(ready(&graph) == [])
    #expect(graph.skipped == [.fake("a"): .fake("x"), .fake("b"): .fake("x")])
  }

  @Test("Resources become ready in plan order after their dependencies")
  func resourcesBecomeReadyAfterTheirDependencies() {
    var graph = ExecutionGraph(
      plan([
        ("b", .create, []), ("a", .update, []), ("c", .create, ["a", "b"]), ("d", .delete, ["c"]),
      ]),
      isSatisfied: { _ in false })
    #expect(ready(&graph) == ["b", "a"])
    finish("a", in: &graph)
    #expect(ready(&graph) == [])
    finish("b", in: &graph)
    #expect(ready(&graph) == ["c"])
    finish("c", in: &graph)
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
    finish("a", in: &graph, succeeded: false)
    finish("d", in: &graph)
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
