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

  /// Everything that is given out now.
  private func ready(_ graph: inout ExecutionGraph) -> [String] {
    var names: [String] = []
    while let id = graph.next() { names.append(id.name) }
    return names
  }

  @Test func `gives out in plan order what waits for nothing, and the rest as it becomes free`() {
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

  @Test func `a failure skips what depends on it, through others too, and nothing else`() {
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
    #expect(graph.skipped[.fake("b")] == .resource(.fake("a")))
  }

  @Test(arguments: [
    (ResourcePlan.Outcome.blocked, false, "held by a guard"), (.unknown, false, "could not be seen"),
    (.waiting, false, "waits itself"), (.invalid, false, "cannot be done"),
    (.unchanged, true, "is as declared"), (.paused, true, "is as a person wants it"),
    (.drifted, true, "is only watched"),
  ])
  func `what others may build on`(outcome: ResourcePlan.Outcome, mayGoOn: Bool, reason: String) {
    var graph = ExecutionGraph(
      plan([("a", outcome, []), ("b", .create, ["a"]), ("c", .create, ["b"])]), isSatisfied: { _ in true })
    #expect(ready(&graph) == (mayGoOn ? ["b"] : []), "a dependency that \(reason)")
    #expect(graph.skipped.count == (mayGoOn ? 0 : 2))
  }

  @Test(arguments: [true, false])
  func `a dependency outside of the plan counts as the caller says`(isSatisfied: Bool) {
    var graph = ExecutionGraph(plan([("b", .create, ["a"])]), isSatisfied: { _ in isSatisfied })
    #expect(ready(&graph) == (isSatisfied ? ["b"] : []))
    #expect(graph.skipped.isEmpty == isSatisfied)
  }
}
