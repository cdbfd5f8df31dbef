import Model
import Planning
import Testing

@Suite struct ReferenceGraphTests {
  private func graph(_ needs: [String: [String]]) -> ReferenceGraph {
    ReferenceGraph(
      Dictionary(
        uniqueKeysWithValues: needs.map { (ResourceID("T/\($0)")!, $1.map { ResourceID("T/\($0)")! }) }))
  }

  private func names(_ ids: [ResourceID]) -> String { ids.map(\.name).joined(separator: " ") }

  @Test(
    "The order follows from references and ids",
    arguments: [
      (["b": ["a"], "a": []], "a b", "dependencies come first"),
      (["c": [], "a": [], "b": []], "a b c", "ties are sorted by id"),
      (["a": ["z"], "m": [], "z": []], "m z a", "a late dependency does not delay independent names"),
      (["a": ["gone"], "b": []], "a b", "an unknown name is ignored"),
      (["a": ["a"], "b": []], "a b", "a reference to itself is ignored"),
      (["a": ["b", "b"], "b": []], "b a", "a repeated dependency counts once"),
    ] as [([String: [String]], String, Comment)])
  func orderFollowsFromReferences(_ needs: [String: [String]], _ order: String, _ reason: Comment) {
    #expect(names(graph(needs).order) == order, reason)
    #expect(graph(needs).cycle() == nil, reason)
  }

  @Test(
    "A cycle is named by its path",
    arguments: [
      (["a": ["b"], "b": ["a"]], "a b a", "the shortest cycle"),
      (
        ["c": ["b"], "b": ["d"], "d": ["c"], "a": ["c"]], "b d c b",
        "a name that leads into a cycle is not part of it"
      ),
      (["a": ["b"], "b": ["a"], "x": ["y"], "y": ["x"]], "a b a", "the lowest of several cycles"),
    ] as [([String: [String]], String, Comment)])
  func cycleIsNamed(_ needs: [String: [String]], _ path: String, _ reason: Comment) {
    #expect(graph(needs).cycle().map(names) == path, reason)
    #expect(graph(needs).order.count == needs.count, "every name has a position despite the cycle")
    #expect(graph(needs).acyclic().cycle() == nil)
  }

  @Test("Breaking a cycle keeps the other references")
  func breakingACycleKeepsOtherReferences() {
    let broken = graph(["a": ["b", "z"], "b": ["a"], "c": ["b"], "z": []]).acyclic()
    #expect(names(broken.order) == "z a b c")
    #expect(names(broken.dependencies(of: ResourceID("T/a")!)) == "z")
    #expect(names(broken.dependencies(of: ResourceID("T/b")!)) == "a")
  }

  @Test("All dependents of a resource are found")
  func dependentsAreFound() {
    let some = graph(["a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["a", "d"]])
    #expect(names(some.dependents(of: ResourceID("T/a")!)) == "b c e")
    #expect(names(some.dependents(of: ResourceID("T/c")!)) == "")
    #expect(names(some.dependents(of: ResourceID("T/unknown")!)) == "")
  }

  @Test("A long chain does not overflow the stack")
  func longChainDoesNotOverflowTheStack() {
    let ids = (0..<50_000).map { ResourceID(kind: "T", name: "\($0)") }
    let chain = ReferenceGraph(ids: ids, needs: ids.indices.map { $0 == 0 ? [49_999] : [$0 - 1] })
    #expect(chain.cycle()?.count == 50_001)
    #expect(chain.order.count == 50_000)
  }
}
