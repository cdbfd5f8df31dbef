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
    arguments: [
      (["b": ["a"], "a": []], "a b", "what is needed comes first"),
      (["c": [], "a": [], "b": []], "a b c", "ties go by id"),
      (["a": ["z"], "m": [], "z": []], "m z a", "a late name that is needed does not drag others behind it"),
      (["a": ["gone"], "b": []], "a b", "what is not there is not waited for"),
      (["a": ["a"], "b": []], "a b", "nothing waits for itself"),
      (["a": ["b", "b"], "b": []], "b a", "a need named twice is one"),
    ] as [([String: [String]], String, Comment)])
  func orders(_ needs: [String: [String]], _ order: String, _ reason: Comment) {
    #expect(names(graph(needs).order) == order, reason)
    #expect(graph(needs).cycle() == nil, reason)
  }

  @Test(
    arguments: [
      (["a": ["b"], "b": ["a"]], "a b a", "the shortest circle"),
      (
        ["c": ["b"], "b": ["d"], "d": ["c"], "a": ["c"]], "b d c b",
        "who leads into a circle is no part of it"
      ),
      (["a": ["b"], "b": ["a"], "x": ["y"], "y": ["x"]], "a b a", "the lowest of several cycles"),
    ] as [([String: [String]], String, Comment)])
  func namesACircle(_ needs: [String: [String]], _ path: String, _ reason: Comment) {
    #expect(graph(needs).cycle().map(names) == path, reason)
    #expect(graph(needs).order.count == needs.count, "everything has a place in spite of the circle")
    #expect(graph(needs).acyclic().cycle() == nil)
  }

  @Test func keepsNeedsOutsideOfACircleWhenItBreaksOne() {
    let broken = graph(["a": ["b", "z"], "b": ["a"], "c": ["b"], "z": []]).acyclic()
    #expect(names(broken.order) == "z a b c")
    #expect(names(broken.dependencies(of: ResourceID("T/a")!)) == "z")
    #expect(names(broken.dependencies(of: ResourceID("T/b")!)) == "a")
  }

  @Test func findsEverythingThatNeedsAResource() {
    let some = graph(["a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["a", "d"]])
    #expect(names(some.dependents(of: ResourceID("T/a")!)) == "b c e")
    #expect(names(some.dependents(of: ResourceID("T/c")!)) == "")
    #expect(names(some.dependents(of: ResourceID("T/unknown")!)) == "")
  }

  @Test func aLongChainDoesNotOverflowTheStack() {
    let ids = (0..<50_000).map { ResourceID(kind: "T", name: "\($0)") }
    let chain = ReferenceGraph(ids: ids, needs: ids.indices.map { $0 == 0 ? [49_999] : [$0 - 1] })
    #expect(chain.cycle()?.count == 50_001)
    #expect(chain.order.count == 50_000)
  }
}
